import { useId, useRef } from "preact/hooks";
import { isA, isNumber } from "../data/schema.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";

const STARS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Ten stars, of which one click writes. */
function Stars({ last, isBusy, write }: InputProps) {
  const name = useId();
  const isMoving = useRef(false);
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
            // The arrow keys move to another star, by a click that is not one. The same rating again is a
            // rating, too.
            onClick={() => {
              // The first star again takes it away.
              if (!isMoving.current) void write(star === 1 && given === 1 ? 0 : star);
              isMoving.current = false;
            }}
            onKeyDown={(event) => {
              isMoving.current = event.key.startsWith("Arrow");
              const isChosen = event.key === " " || event.key === "Enter";
              if (!isChosen && event.key !== "0") return;
              event.preventDefault();
              void write(isChosen ? star : 0);
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
  when: ({ datatype }, schema) =>
    isA(datatype, "rating.stars") &&
    isNumber(schema) &&
    (schema.minimum ?? 0) === 0 &&
    (schema.maximum ?? 10) === 10,
  Input: Stars,
};
