import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { isNumber } from "../data/schema.ts";
import { text } from "../text/en.ts";
import { value } from "../text/format.ts";
import type { Input, InputProps } from "./input.ts";

// A number that need not be whole moves in so many steps.
const STEPS = 100;

function Slider({ schema, unit, last, verb, isBusy, write }: InputProps) {
  const id = useId();
  const { minimum = 0, maximum = 0, type } = schema;
  const middle = (minimum + maximum) / 2;
  const start = type === "integer" ? Math.round(middle) : middle;
  const chosen = useSignal(typeof last === "number" ? last : start);
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void write(chosen.value);
      }}
    >
      <label class="for-readers" for={id}>
        {text.write.number}
      </label>
      <input
        id={id}
        type="range"
        min={minimum}
        max={maximum}
        step={type === "integer" ? 1 : (maximum - minimum) / STEPS}
        value={chosen.value}
        onInput={(event) => {
          chosen.value = event.currentTarget.valueAsNumber;
        }}
      />
      <output for={id}>
        {value(chosen.value)}
        {unit && <span class="unit">{`\u2009${unit}`}</span>}
      </output>
      <button type="submit" class="primary" disabled={isBusy}>
        {verb}
      </button>
    </form>
  );
}

export const slider: Input = {
  when: (_, schema) =>
    isNumber(schema) &&
    schema.minimum !== undefined &&
    schema.maximum !== undefined &&
    schema.minimum < schema.maximum,
  Input: Slider,
};
