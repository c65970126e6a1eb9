import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { text } from "../text/en.ts";
import { value } from "../text/format.ts";
import type { Input, InputProps } from "./input.ts";

// Of more values there is a list in place of buttons.
const MAX_BUTTONS = 7;

function Choice(props: InputProps) {
  const isLong = (props.schema.enum?.length ?? 0) > MAX_BUTTONS;
  return isLong ? <List {...props} /> : <Buttons {...props} />;
}

/** A list of the values that there may be, of which one is chosen and then written. */
function List({ schema, verb, isBusy, write }: InputProps) {
  const id = useId();
  const chosen = useSignal("");
  return (
    <form
      class="inline"
      onSubmit={async (event) => {
        event.preventDefault();
        const submitted = chosen.value;
        if (submitted === "" || !(await write(JSON.parse(submitted)))) return;
        if (chosen.value === submitted) chosen.value = "";
      }}
    >
      <label class="for-readers" for={id}>
        {text.write.choice}
      </label>
      <select
        id={id}
        value={chosen.value}
        onChange={(event) => {
          chosen.value = event.currentTarget.value;
        }}
      >
        <option value="">{text.write.choose}</option>
        {schema.enum?.map((choice) => (
          <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
            {value(choice)}
          </option>
        ))}
      </select>
      <button type="submit" class="primary" disabled={isBusy || chosen.value === ""}>
        {verb}
      </button>
    </form>
  );
}

/** A button for each of the values that there may be. */
function Buttons({ schema, last, isBusy, write }: InputProps) {
  return (
    <div class="choices">
      {schema.enum?.map((choice) => (
        <button
          key={JSON.stringify(choice)}
          type="button"
          disabled={isBusy}
          aria-pressed={JSON.stringify(last) === JSON.stringify(choice)}
          onClick={() => void write(choice)}
        >
          {value(choice)}
        </button>
      ))}
    </div>
  );
}

export const choice: Input = {
  when: (_, schema) => Array.isArray(schema.enum) && schema.enum.length > 0,
  Input: Choice,
};
