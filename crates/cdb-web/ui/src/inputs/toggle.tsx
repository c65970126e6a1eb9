import { onOff } from "../text/format.ts";
import type { Input, InputProps } from "./input.ts";

function Toggle({ last, isBusy, write }: InputProps) {
  return (
    <div class="choices">
      {[true, false].map((value) => (
        <button
          key={String(value)}
          type="button"
          disabled={isBusy}
          aria-pressed={last === value}
          onClick={() => void write(value)}
        >
          {onOff(value)}
        </button>
      ))}
    </div>
  );
}

export const toggle: Input = { when: (_, { type }) => type === "boolean", Input: Toggle };
