import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals";
import { ownZone } from "../data/wall.ts";
import { text } from "../text/en.ts";
import { count, derived, value } from "../text/format.ts";
import { readingAt } from "./lines.ts";
import type { Shown } from "./picture.ts";
import { rangeWords } from "./words.ts";

// What is seen is told as precisely as so many parts of it are.
const PARTS = 40;

interface Words {
  time: string;
  values: [string, string][];
}

/** What is at the cursor; without one, what is seen. Keys make it be spoken. */
export function Readout(props: {
  shown: ReadonlySignal<Shown | undefined>;
  cursor: ReadonlySignal<number | undefined>;
  unit: string;
  /** Counts the keys. */
  spoken: ReadonlySignal<number>;
}) {
  const { shown, cursor, unit, spoken } = props;
  const said = useSignal("");
  const words = wordsOf(shown.value, cursor.value);
  const sentence = (it: Words | undefined) =>
    it ? [it.time, ...it.values.map((pair) => pair.join(" "))].join(", ") : "";
  useSignalEffect(() => {
    const words = wordsOf(shown.value, cursor.value);
    if (spoken.value > 0) said.value = sentence(words);
  });
  return (
    <>
      <p class="plot-readout">
        <strong>{words?.time ?? text.plot.loading}</strong>
        {words?.values.map(([name, value]) => (
          <span key={name}>
            {name} <b>{value}</b>
          </span>
        ))}
        {words && words.values.length > 0 && unit}
      </p>
      <p class="for-readers" role="status">
        {said.value}
      </p>
    </>
  );
}

function wordsOf(shown: Shown | undefined, t: number | undefined): Words | undefined {
  const rows = shown?.rows[0];
  if (!shown || !rows) return undefined;
  const { mean, min, max } = text.plot;
  const zone = ownZone();
  const reading = t === undefined ? undefined : readingAt(rows, t, shown.pixel / 2);
  if (reading?.count === 1) {
    const time = rangeWords(reading, Math.min(shown.pixel / 100, 0.9), zone);
    return { time, values: [["", value(reading.mean)]] };
  }
  if (reading) {
    return {
      time: rangeWords(reading, shown.pixel, zone),
      values: [
        [mean, derived(reading.mean)],
        [min, value(reading.min)],
        [max, value(reading.max)],
      ],
    };
  }
  const { t1, t2 } = shown.range;
  const range = rangeWords(shown.range, (t2 - t1) / PARTS, zone);
  if (rows.count === 0) return { time: text.plot.nothing(range), values: [] };
  const n = Math.round(rows.count);
  return { time: range, values: [[text.plot.numbers(count(n), n === 1), ""]] };
}
