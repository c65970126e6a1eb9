import { isA, isNumber } from "../data/schema.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";
import { NumberInput } from "./number.tsx";

/** One more or one less at a click, or any number. */
function Counter(props: InputProps) {
  return (
    <>
      <div class="choices">
        <button type="button" disabled={props.isBusy} onClick={() => void props.write(1)}>
          {text.write.plusOne}
        </button>
        <button type="button" disabled={props.isBusy} onClick={() => void props.write(-1)}>
          {text.write.minusOne}
        </button>
      </div>
      <NumberInput {...props} />
    </>
  );
}

export const counter: Input = {
  when: ({ datatype }, schema) => isA(datatype, "number.count") && isNumber(schema),
  Input: Counter,
};
