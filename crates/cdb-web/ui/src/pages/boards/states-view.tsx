// What was on or off, as a bar for each stream.

import { type Signal, useSignal } from "@preact/signals";
import { useCallback, useEffect, useMemo } from "preact/hooks";
import { type State, states } from "../../api/states.ts";
import { useAnswer } from "../../data/dataset-answer.ts";
import type { OwnStream } from "../../data/dataset-streams.ts";
import { useLive } from "../../data/live.ts";
import type { Range } from "../../data/tiles.ts";
import { ownZone } from "../../data/wall.ts";
import { timeTicks } from "../../plot/time-axis.ts";
import { text } from "../../text/en.ts";
import { value } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import { useWidth } from "../../widgets/width.ts";
import type { BoardView } from "./board.ts";
import { nameOf } from "./names.ts";
import { nextChange, spansOf, stateAt } from "./spans.ts";
import { Swatch } from "./swatch.tsx";

const words = text.boards;

// In pixels: a bar, what it takes with its name beside it, and where plots have their numbers.
const BAR = 14;
const ROW = 26;
const ABOVE = 14;
const TIMES = 24;
const NUMBERS = 40;
const NARROW_NUMBERS = 34;
const NARROW = 480;
const TIME_PIXELS = 64;

export function StatesView(props: {
  view: BoardView;
  streams: OwnStream[];
  colours: Map<string, number>;
  range: Signal<Range | undefined>;
  cursor: Signal<number | undefined>;
  /** Whether the times are below it. */
  isLast: boolean;
  onWidth: (pixels: number) => void;
}) {
  const { view, streams, colours, range, cursor, isLast, onWidth } = props;
  const paths = view.streams;
  const { all, error } = useStates(paths, range);
  const { figure, width } = useWidth();
  const inner = width - (width < NARROW ? NARROW_NUMBERS : NUMBERS);
  useEffect(() => {
    if (inner > 0) onWidth(Math.round(inner * (devicePixelRatio || 1)));
  }, [inner, onWidth]);
  const key = (event: KeyboardEvent) => {
    const seen = range.peek();
    const isForward = event.key === "ArrowRight";
    if (event.key === "Escape") cursor.value = undefined;
    if (!seen || (!isForward && event.key !== "ArrowLeft")) return;
    event.preventDefault();
    const at = cursor.peek() ?? seen.t2;
    cursor.value = nextChange(all, at, isForward) ?? at;
  };
  const seen = range.value;
  return (
    <section class="board-view states" aria-label={view.title}>
      <div class="board-legend">
        <h2>{view.title}</h2>
        {paths.map((path, at) => (
          <p key={path}>
            <Swatch colour={colours.get(path) ?? 0} />
            <a href={`/${path}`}>{nameOf(path, streams)}</a>
            <Word states={all[at] ?? []} cursor={cursor} />
          </p>
        ))}
        <Failure error={error} />
      </div>
      <div
        class="plot-area"
        role="application"
        aria-label={words.plotOf(view.title)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the cursor
        tabIndex={0}
        onKeyDown={key}
      >
        <figure ref={figure}>
          {seen && inner > 0 && (
            <Bars
              all={all}
              paths={paths}
              colours={colours}
              range={seen}
              cursor={cursor}
              width={width}
              inner={inner}
              hasTimes={isLast}
            />
          )}
        </figure>
      </div>
    </section>
  );
}

/** The states of some streams around a range, asked for again when something was written. */
function useStates(paths: string[], range: Signal<Range | undefined>) {
  const written = useSignal(0);
  const hear = useCallback(() => {
    written.value += 1;
  }, [written]);
  useLive(paths, hear);
  const seen = range.value;
  // With half as much at each side, in case it is looked at next.
  const part = seen ? (seen.t2 - seen.t1) / 4 : 1;
  const around = seen && {
    t1: (Math.floor(seen.t1 / part) - 2) * part,
    t2: (Math.ceil(seen.t2 / part) + 2) * part,
  };
  const key = around && JSON.stringify([paths, around, written.value]);
  const answer = useAnswer(key, async (signal) => {
    return around ? await Promise.all(paths.map((path) => states(path, around, signal))) : [];
  });
  return { all: answer.value.value ?? [], error: answer.value.error };
}

/** The state at the cursor; without one, the last. */
function Word(props: { states: State[]; cursor: Signal<number | undefined> }) {
  const state = stateAt(props.states, props.cursor.value ?? Number.POSITIVE_INFINITY);
  return <strong role="status">{state ? value(state.d) : text.none}</strong>;
}

interface BarsProps {
  all: State[][];
  paths: string[];
  colours: Map<string, number>;
  range: Range;
  cursor: Signal<number | undefined>;
  width: number;
  inner: number;
  hasTimes: boolean;
}

function Bars(props: BarsProps) {
  const { all, paths, colours, range, cursor, width, inner, hasTimes } = props;
  const { t1, t2 } = range;
  const x = (t: number) => ((t - t1) / (t2 - t1)) * inner;
  const bottom = ABOVE + paths.length * ROW;
  const point = (event: PointerEvent & { currentTarget: Element }) => {
    const { left } = event.currentTarget.getBoundingClientRect();
    const part = Math.min(Math.max((event.clientX - left) / inner, 0), 1);
    cursor.value = t1 + part * (t2 - t1);
  };
  const t = cursor.value;
  return (
    <svg
      width={width}
      height={bottom + (hasTimes ? TIMES : 0)}
      aria-hidden="true"
      onPointerMove={point}
      onPointerLeave={() => {
        cursor.value = undefined;
      }}
    >
      {paths.map((path, at) => (
        <Bar
          key={path}
          states={all[at] ?? []}
          colour={colours.get(path) ?? 0}
          range={range}
          x={x}
          y={ABOVE + at * ROW}
        />
      ))}
      {hasTimes &&
        timeTicks(range, (TIME_PIXELS * (t2 - t1)) / inner, ownZone())
          .filter(({ t }) => x(t) > TIME_PIXELS / 3)
          .map(({ t, label }) => (
            <text key={t} x={x(t)} y={bottom + 16} text-anchor="middle">
              {label}
            </text>
          ))}
      {t !== undefined && t >= t1 && t <= t2 && (
        <line class="cursor" x1={x(t)} x2={x(t)} y1="0" y2={bottom} />
      )}
    </svg>
  );
}

/** On in the colour of the stream, off as a line; words have a colour each. */
function Bar(props: {
  states: State[];
  colour: number;
  range: Range;
  x: (t: number) => number;
  y: number;
}) {
  const { states, colour, range, x, y } = props;
  const now = Date.now() / 1000;
  const names = useMemo(() => [...new Set(states.map(({ d }) => value(d)))].sort(), [states]);
  const classOf = (d: unknown) => {
    if (d === null) return undefined;
    if (typeof d === "boolean") return d ? `series-${(colour % 6) + 1}` : "off";
    return `series-${((colour + names.indexOf(value(d))) % 6) + 1}`;
  };
  return (
    <g>
      {spansOf(states, range, now).map(({ t1, t2, d }) => (
        <rect
          key={t1}
          class={classOf(d) ?? "off"}
          x={x(t1)}
          width={Math.max(x(t2) - x(t1), 1)}
          y={y}
          height={BAR}
          rx="2"
        >
          <title>{value(d)}</title>
        </rect>
      ))}
    </g>
  );
}
