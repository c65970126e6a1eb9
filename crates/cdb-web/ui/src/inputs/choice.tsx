import { value } from "../text/format.ts";
import type { Input, InputProps } from "./input.ts";

/** A button for each of the values that there may be. */
function Choice({ schema, last, isBusy, write }: InputProps) {
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
