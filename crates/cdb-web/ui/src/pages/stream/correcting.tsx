import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Datapoint } from "../../api/objects.ts";
import { read, written } from "../../data/typed.ts";
import { text } from "../../text/en.ts";
import { dateTime } from "../../text/format.ts";
import { TimeCell } from "./cells.tsx";

/** The cells of a row whose value is being corrected. */
export function Correcting(props: {
  point: Datapoint;
  now: number;
  hasOrigins: boolean;
  onCancel: () => void;
  onSave: (d: unknown) => Promise<void>;
}) {
  const { point, now, hasOrigins, onCancel, onSave } = props;
  const field = useRef<HTMLInputElement>(null);
  const words = useSignal(written(point.d));
  const isWrong = useSignal(false);
  useEffect(() => field.current?.select(), []);
  const save = () => {
    const typed = read(words.value, point.d);
    isWrong.value = !typed;
    if (typed) void onSave(typed.d);
  };
  return (
    <>
      <TimeCell t={point.t} now={now} />
      <td class={typeof point.d === "number" ? "number" : "words"}>
        <input
          ref={field}
          aria-label={text.points.newValue(dateTime(point.t))}
          autocomplete="off"
          aria-invalid={isWrong.value}
          title={isWrong.value ? text.points.noValue : undefined}
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
          onKeyDown={({ key }) => {
            if (key === "Enter") save();
            if (key === "Escape") onCancel();
          }}
        />
        {isWrong.value && (
          <span class="for-readers" role="alert">
            {text.points.noValue}
          </span>
        )}
      </td>
      <td class="wide-only" />
      {hasOrigins && <td class="wide-only" />}
      <td class="row-actions">
        <button type="button" class="quiet" onClick={onCancel}>
          {text.points.cancel}
        </button>
        <button type="button" class="primary" onClick={save}>
          {text.points.save}
        </button>
      </td>
    </>
  );
}
