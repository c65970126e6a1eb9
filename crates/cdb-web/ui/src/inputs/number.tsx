import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { complaint } from "../data/check.ts";
import { isNumber } from "../data/schema.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";

/** Reads a number as people write it, with a comma or a point. Returns `undefined` for anything else. */
export function readNumber(written: string): number | undefined {
  // A thousand, or one and some decimal places.
  if (/^[+−-]?\d{1,3},\d{3}$/.test(written.trim())) return undefined;
  const plain = written.trim().replace("−", "-").replace(",", ".");
  const isOne = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain);
  const number = isOne ? Number(plain) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

export function NumberInput({ schema, unit, verb, isBusy, write }: InputProps) {
  const id = useId();
  const written = useSignal("");
  const problem = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    const number = readNumber(written.value);
    const isWhole = schema.type !== "integer" || Number.isInteger(number);
    if (number === undefined || !isWhole) {
      problem.value = isWhole ? text.write.noNumber : text.write.noInteger;
      return;
    }
    problem.value = complaint(schema, number) ?? "";
    if (problem.value) return;
    const submitted = written.value;
    if ((await write(number)) && written.value === submitted) written.value = "";
  };
  return (
    <form class="inline" onSubmit={submit}>
      <label class="for-readers" for={id}>
        {text.write.number}
      </label>
      <span class="with-unit">
        <input
          id={id}
          inputMode={schema.type === "integer" ? "numeric" : "decimal"}
          autocomplete="off"
          placeholder={text.write.number}
          aria-invalid={problem.value !== ""}
          aria-describedby={problem.value ? `${id}-problem` : unit ? `${id}-unit` : undefined}
          value={written.value}
          onInput={(event) => {
            written.value = event.currentTarget.value;
          }}
        />
        {unit && (
          <span class="unit" id={`${id}-unit`}>
            {unit}
          </span>
        )}
      </span>
      <button type="submit" class="primary" disabled={isBusy || written.value.trim() === ""}>
        {verb}
      </button>
      {problem.value && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem.value}
        </p>
      )}
    </form>
  );
}

export const number: Input = { when: (_, schema) => isNumber(schema), Input: NumberInput };
