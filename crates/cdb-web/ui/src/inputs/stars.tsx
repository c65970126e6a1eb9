import { useId } from "preact/hooks";
import { isA } from "../data/schema.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";

const STARS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Ten stars, of which one click writes. */
function Stars({ last, isBusy, write }: InputProps) {
  const name = useId();
  const given = typeof last === "number" ? last : 0;
  return (
    <fieldset class="stars" disabled={isBusy}>
      <legend class="for-readers">{text.write.stars}</legend>
      {STARS.map((star) => (
        <label key={star} class={star <= given ? "full" : ""}>
          <input
            type="radio"
            name={name}
            checked={star === given}
            aria-label={text.write.star(star)}
            // The same rating again is a rating, too. A change by the arrow keys is none before the space bar.
            onClick={(event) => {
              if (event.detail > 0) void write(star);
            }}
            onKeyDown={(event) => {
              if (event.key !== " " && event.key !== "Enter") return;
              event.preventDefault();
              void write(star);
            }}
          />
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="m12 3 2.700 5.700 6.300.8-4.600 4.300 1.200 6.200-5.600-3-5.600 3 1.200-6.200L3 9.500l6.300-.8z" />
          </svg>
        </label>
      ))}
      <button type="button" class="quiet" onClick={() => void write(0)}>
        {text.write.none}
      </button>
    </fieldset>
  );
}

export const stars: Input = {
  when: ({ datatype }, { maximum }) => isA(datatype, "rating.stars") && (maximum ?? 10) <= 10,
  Input: Stars,
};
