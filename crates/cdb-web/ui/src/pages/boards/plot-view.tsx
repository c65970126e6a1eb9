// Some streams in one plot of a board, with their names and values beside it.

import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { OwnStream } from "../../data/dataset-streams.ts";
import type { Range } from "../../data/tiles.ts";
import type { Series } from "../../data/tiles-series.ts";
import { ownZone } from "../../data/wall.ts";
import { readingAt } from "../../plot/lines.ts";
import type { Shown } from "../../plot/picture.ts";
import { Plot } from "../../plot/plot.tsx";
import { rangeWords } from "../../plot/words.ts";
import { text } from "../../text/en.ts";
import { derived, value } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import type { BoardView } from "./board.ts";
import { isOf, nameOf } from "./names.ts";
import { Swatch } from "./swatch.tsx";

const words = text.boards;

export function PlotView(props: {
  view: BoardView;
  streams: OwnStream[];
  stores: Map<string, Series>;
  colours: Map<string, number>;
  range: Signal<Range | undefined>;
  cursor: Signal<number | undefined>;
  /** Whether the times are below it. */
  isLast: boolean;
  onMove: (range: Range, isDone: boolean) => void;
  onWidth: (pixels: number) => void;
}) {
  const { view, streams, stores, colours, range, cursor, isLast, onMove, onWidth } = props;
  const shown = useSignal<Shown | undefined>(undefined);
  const series = useMemo(
    () =>
      view.streams.flatMap((path) => {
        const series = stores.get(path);
        return series ? [{ series, colour: colours.get(path) ?? 0 }] : [];
      }),
    [view, stores, colours],
  );
  const keys = useSignal(0);
  const readers = series.map(({ series }, at): [string, Reader] => {
    const { path } = series.numbers;
    const isBoolean = isOf("boolean", path, streams);
    return [nameOf(path, streams), { series, at, isBoolean, shown, cursor }];
  });
  return (
    <section class={isLast ? "board-view" : "board-view without-times"} aria-label={view.title}>
      <div class="board-legend">
        <h2>{view.title}</h2>
        {series.map(({ series: one, colour }, at) => (
          <p key={one.numbers.path}>
            <Swatch colour={colour} />
            <a href={`/${one.numbers.path}`}>{nameOf(one.numbers.path, streams)}</a>
            {readers[at] && <Reading {...readers[at][1]} />}
          </p>
        ))}
        {series.map(({ series: one }) => (
          <Failure key={one.numbers.path} error={one.error.value} />
        ))}
      </div>
      <Plot
        series={series}
        range={range}
        cursor={cursor}
        shown={shown}
        axis="right"
        hasTag={false}
        label={words.plotOf(view.title)}
        onMove={onMove}
        onWidth={onWidth}
        onKey={() => {
          keys.value += 1;
        }}
      />
      <Spoken keys={keys} cursor={cursor} shown={shown} readers={readers} />
    </section>
  );
}

interface Reader {
  series: Series;
  /** Which of the plot it is. */
  at: number;
  isBoolean: boolean;
  shown: ReadonlySignal<Shown | undefined>;
  cursor: ReadonlySignal<number | undefined>;
}

/** The value at the cursor; without one, the newest. */
function Reading(reader: Reader) {
  // So that it is shown anew when something was written.
  reader.series.changes.value;
  return <strong>{readingOf(reader)}</strong>;
}

function readingOf({ series, at, isBoolean, shown, cursor }: Reader): string {
  const word = (d: number) => (isBoolean && (d === 0 || d === 1) ? value(d === 1) : value(d));
  const [t, drawn] = [cursor.value, shown.value];
  if (series.isEmpty.value) return words.noNumbers;
  if (t === undefined) return series.last ? word(series.last.d) : "";
  const rows = drawn?.rows[at];
  const reading = rows && readingAt(rows, t, drawn.pixel / 2);
  if (!reading) return text.none;
  return reading.count === 1 || isBoolean ? word(reading.mean) : derived(reading.mean);
}

/** Says what is at the cursor when a key has moved it. */
function Spoken(props: {
  keys: ReadonlySignal<number>;
  cursor: ReadonlySignal<number | undefined>;
  shown: ReadonlySignal<Shown | undefined>;
  readers: [string, Reader][];
}) {
  const { keys, cursor, shown, readers } = props;
  const said = useSignal("");
  useSignalEffect(() => {
    const [t, drawn] = [cursor.value, shown.value];
    if (keys.value === 0 || t === undefined || !drawn) return;
    const time = rangeWords({ t1: t, t2: t }, drawn.pixel, ownZone());
    said.value = [time, ...readers.map(([name, it]) => `${name} ${readingOf(it)}`)].join(", ");
  });
  return (
    <p class="for-readers" role="status">
      {said.value}
    </p>
  );
}
