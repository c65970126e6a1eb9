// The words of the sentence that can be changed.

import { isMoment } from "../../data/dataset-time.ts";

/** The class of a word with the colour of its column, counted from 0. */
export function seriesClass(at: number | undefined): string {
  return at === undefined ? "" : ` series-${(at % 6) + 1}`;
}

/**
 * A word that is one of several. A list of the browser lies over it, invisible: it opens as lists do on each
 * device, and the word is as wide as it is long.
 */
export function ChoiceWord(props: {
  label: string;
  chosen: string;
  options: [string, string][];
  series?: number;
  onChoose: (id: string) => void;
}) {
  const { label, chosen, options, series, onChoose } = props;
  const name = options.find(([id]) => id === chosen)?.[1] ?? chosen;
  return (
    <span class={`choice-word${seriesClass(series)}`}>
      <span aria-hidden="true">{name}</span>
      <select
        aria-label={label}
        value={chosen}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}

/** A day, or a time of it. */
export function DayWord(props: { label: string; day: string; onChoose: (day: string) => void }) {
  const hasTime = isMoment(props.day);
  return (
    <input
      class="choice-word"
      type={hasTime ? "datetime-local" : "date"}
      min={hasTime ? "1970-01-02T00:00" : "1970-01-02"}
      step={hasTime ? "1" : undefined}
      required
      aria-label={props.label}
      value={props.day}
      onChange={(event) => {
        // Empty while a part of it is missing.
        if (event.currentTarget.value) props.onChoose(event.currentTarget.value);
      }}
    />
  );
}

/** A script, as it is typed. */
export function ScriptWord(props: {
  label: string;
  script: string;
  series: number;
  onInput: (script: string) => void;
}) {
  return (
    <input
      class={`choice-word script${seriesClass(props.series)}`}
      size={Math.max(props.script.length, 4)}
      spellcheck={false}
      autocomplete="off"
      aria-label={props.label}
      value={props.script}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  );
}

/** A stream, which is chosen in a list below the sentence. */
export function StreamWord(props: {
  name: string;
  label: string;
  series?: number;
  isNew?: boolean;
  isOpen: boolean;
  onOpen: () => void;
}) {
  const { name, label, series, isNew, isOpen, onOpen } = props;
  return (
    <button
      type="button"
      class={`choice-word${isNew ? " new" : ""}${seriesClass(series)}`}
      aria-expanded={isOpen}
      aria-label={label}
      onClick={onOpen}
    >
      {name}
    </button>
  );
}
