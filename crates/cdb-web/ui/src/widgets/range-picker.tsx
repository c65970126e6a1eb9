import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { PRESETS, presetRange } from "../data/presets.ts";
import type { Range } from "../data/tiles.ts";
import { localText, timeOfLocal } from "../data/wall.ts";
import { weekStart } from "../data/week.ts";
import { text } from "../text/en.ts";
import { Icon } from "./icons.tsx";
import { usePopup } from "./popup.ts";
import "../style/range-picker.css";

const words = text.range;

/** Chooses from when to when: a day, week, month or year of the calendar, or any two times. */
export function RangePicker(props: {
  /** What the button says: the range that is seen, or what it is for. */
  name: string;
  /** The range that is seen. */
  range: Range;
  /** The zone whose clock is meant. */
  zone: string;
  onChoose: (range: Range) => void;
}) {
  const { name, range, zone, onChoose } = props;
  const { ref, close, onKeyDown } = usePopup();
  const id = useId();
  const from = useSignal("");
  const to = useSignal("");
  const isWrong = useSignal(false);
  const choose = (range: Range) => {
    close();
    ref.current?.querySelector("summary")?.focus();
    onChoose(range);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const [t1, t2] = [timeOfLocal(from.value, zone), timeOfLocal(to.value, zone)];
    isWrong.value = t1 === undefined || t2 === undefined || t1 >= t2;
    if (!isWrong.value) choose({ t1, t2 } as Range);
  };
  return (
    <details
      class="range-picker"
      ref={ref}
      onKeyDown={onKeyDown}
      onToggle={(event) => {
        if (!event.currentTarget.open) return;
        from.value = localText(range.t1, zone);
        to.value = localText(range.t2, zone);
        isWrong.value = false;
      }}
    >
      <summary class="button" aria-label={words.choose(name)}>
        {name}
        <Icon name="down" />
      </summary>
      <form class="range-panel" noValidate onSubmit={submit}>
        <div class="range-presets">
          {PRESETS.map((preset) => (
            <button
              key={preset}
              type="button"
              onClick={() => choose(presetRange(preset, Date.now() / 1000, zone, weekStart.value))}
            >
              {words.presets[preset]}
            </button>
          ))}
        </div>
        {(
          [
            ["from", words.from, from],
            ["to", words.to, to],
          ] as const
        ).map(([key, label, of]) => (
          <div class="field" key={key}>
            <label for={`${id}-${key}`}>{label}</label>
            <input
              id={`${id}-${key}`}
              type="datetime-local"
              step="1"
              value={of.value}
              aria-invalid={isWrong.value}
              aria-describedby={`${id}-about`}
              onInput={(event) => {
                of.value = event.currentTarget.value;
              }}
            />
          </div>
        ))}
        <p id={`${id}-about`} role="status" class={isWrong.value ? "problem" : "hint"}>
          {isWrong.value ? words.wrong : words.zone(zone.replaceAll("_", " "))}
        </p>
        <button type="submit" class="primary">
          {words.show}
        </button>
      </form>
    </details>
  );
}
