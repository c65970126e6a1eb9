import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { complaint } from "../data/check.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";

/** Any value, as JSON, which is checked while it is typed. */
function JsonInput({ schema, verb, isBusy, write }: InputProps) {
  const id = useId();
  const written = useSignal("");
  const isEmpty = written.value.trim() === "";
  let problem = "";
  let parsed: unknown;
  try {
    if (!isEmpty) {
      parsed = JSON.parse(written.value);
      problem = complaint(schema, parsed) ?? "";
    }
  } catch {
    problem = text.write.noJson;
  }
  return (
    <form
      class="tall"
      onSubmit={async (event) => {
        event.preventDefault();
        const submitted = written.value;
        if (isEmpty || problem || !(await write(parsed))) return;
        if (written.value === submitted) written.value = "";
      }}
    >
      <label class="for-readers" for={id}>
        {text.write.json}
      </label>
      <textarea
        id={id}
        class="code"
        rows={4}
        spellcheck={false}
        placeholder={text.write.json}
        aria-invalid={problem !== ""}
        aria-describedby={`${id}-problem`}
        value={written.value}
        onInput={(event) => {
          written.value = event.currentTarget.value;
        }}
      />
      <p class="problem" id={`${id}-problem`} aria-live="polite">
        {problem}
      </p>
      <button type="submit" class="primary" disabled={isBusy || isEmpty || problem !== ""}>
        {verb}
      </button>
    </form>
  );
}

export const json: Input = { when: () => true, Input: JsonInput };
