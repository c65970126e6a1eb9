import { useId } from "preact/hooks";
import { text } from "../text/en.ts";
import { date, dateTime, derived } from "../text/format.ts";
import { BY_TIME, type Colouring, LEVELS } from "./track.ts";

/** From two days on, the time of day says nothing, in seconds. */
const MIN_DAYS = 2 * 86_400;

/** What the track is coloured by, and what the colours stand for. */
export function Legend(props: {
  by: string;
  coloured: Colouring | undefined;
  keys: string[];
  onChange: (key: string) => void;
}) {
  const { by, coloured, keys, onChange } = props;
  const id = useId();
  const isLong = coloured && coloured.max - coloured.min > MIN_DAYS;
  const end = by !== BY_TIME ? derived : isLong ? date : dateTime;
  return (
    <div class="map-legend">
      <label for={id}>{text.map.colour}</label>
      <select id={id} value={by} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{text.map.oneColour}</option>
        <option value={BY_TIME}>{text.map.time}</option>
        {keys.map((key) => (
          <option key={key} value={key}>
            {key}
          </option>
        ))}
      </select>
      {coloured && (
        <p class="scale">
          {end(coloured.min)}
          <svg viewBox={`0 0 ${LEVELS * 14} 10`} aria-hidden="true">
            {Array.from({ length: LEVELS }, (_, level) => (
              <rect
                key={String(level)}
                class={`track-${level + 1}`}
                x={level * 14}
                width="14"
                height="10"
              />
            ))}
          </svg>
          {end(coloured.max)}
        </p>
      )}
    </div>
  );
}
