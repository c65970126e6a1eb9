import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Range } from "../data/tiles.ts";
import { type Gesture, gesturesOn } from "./gestures.ts";
import { commandOf } from "./keys.ts";
import { nextTime } from "./lines.ts";
import { Picture, type PlotSeries, type Shown } from "./picture.ts";
import { type Layout, pixelsOf } from "./scene.ts";
import { pan, zoom } from "./window.ts";

export interface PlotProps {
  /** Drawn with one scale. Their data are those of `useSeries`; the same array as long as they are the same. */
  series: PlotSeries[];
  /** What is seen; several plots may share it. `undefined` until it is known. */
  range: Signal<Range | undefined>;
  /** The time that is pointed at; several plots may share it. */
  cursor: Signal<number | undefined>;
  /** The range is to be another one; `isDone` at the end of a movement. */
  onMove: (range: Range, isDone: boolean) => void;
  /** What it is, for readers. */
  label: string;
  /** The element that says how it is used. */
  describedBy?: string;
  selection?: Signal<Range | undefined>;
  /** What is drawn now, for who shows it in words. */
  shown?: Signal<Shown | undefined>;
  /** At which side the numbers are. */
  axis?: "left" | "right";
  /** Whether the newest value stands beside it. */
  hasTag?: boolean;
  unit?: string;
  /** Its data have another width, in pixels of the screen. */
  onWidth?: (pixels: number) => void;
  /** A key has moved the cursor, or selected. */
  onKey?: () => void;
  onUsed?: (gesture: Gesture) => void;
}

const DAY = 86_400;

/** One or several streams over time: drawn, moved by pointer, wheel and keys, and kept up to date. */
export function Plot(props: PlotProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const ownSelection = useSignal<Range | undefined>(undefined);
  const ownShown = useSignal<Shown | undefined>(undefined);
  const halo = useRef<HTMLDivElement>(null);
  const now = useRef(props);
  now.current = props;
  const selection = props.selection ?? ownSelection;
  const shown = props.shown ?? ownShown;
  const { range, cursor, series, axis = "left", hasTag = true, unit = "" } = props;

  /** Everything that there is of all streams. */
  const extent = (): Range => {
    const all = series.flatMap(({ series }) => series.extent.peek() ?? []);
    const ends = all.length > 0 ? all : [range.peek() ?? { t1: 0, t2: 1 }];
    return { t1: Math.min(...ends.map((it) => it.t1)), t2: Math.max(...ends.map((it) => it.t2)) };
  };
  const move = (to: Range, isDone: boolean) => now.current.onMove(to, isDone);
  const moveBy = (seconds: number, isDone: boolean) => {
    const from = range.peek();
    if (from) move(pan(from, seconds, extent()), isDone);
  };
  const zoomBy = (at: number, factor: number, isDone: boolean) => {
    const from = range.peek();
    if (from) move(zoom(from, at, factor, extent()), isDone);
  };

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const resized = (layout: Layout) => now.current.onWidth?.(pixelsOf(layout));
    const options = { series, range, cursor, selection, shown, axis, hasTag, unit };
    const drawn = new Picture(element, options, resized, halo.current);
    const box = () => drawn.layout?.box ?? { left: 0, width: 1 };
    const end = gesturesOn(element, {
      range: () => range.peek(),
      left: () => box().left,
      width: () => box().width,
      ratio: () => drawn.layout?.ratio ?? 1,
      selection: () => selection.peek(),
      move: (to, isDone) => {
        const from = range.peek();
        const isPan = from && Math.abs((to.t2 - to.t1) / (from.t2 - from.t1) - 1) < 1e-9;
        move(isPan ? pan(to, 0, extent()) : zoom(to, to.t1, 1, extent()), isDone);
      },
      zoom: zoomBy,
      select: (to) => {
        selection.value = to;
      },
      point: (t) => {
        cursor.value = t;
      },
      used: (gesture) => now.current.onUsed?.(gesture),
    });
    return () => {
      end();
      drawn.close();
    };
  }, [series, range, cursor, selection, shown, axis, hasTag, unit]);

  const key = (event: KeyboardEvent) => {
    const command = commandOf(event);
    const seen = range.peek();
    if (!command || !seen) return;
    event.preventDefault();
    if (command.kind === "pan") moveBy(command.part * (seen.t2 - seen.t1), true);
    else if (command.kind === "zoom") {
      zoomBy(cursor.peek() ?? (seen.t1 + seen.t2) / 2, command.factor, true);
    } else if (command.kind === "escape") {
      anchor.current = undefined;
      if (selection.value) selection.value = undefined;
      else cursor.value = undefined;
    } else if (command.kind === "select") startSelection();
    else pointTo(command.to);
    now.current.onKey?.();
  };

  /** Where a selection by keys has begun. */
  const anchor = useRef<number | undefined>(undefined);
  const startSelection = () => {
    anchor.current = anchor.current === undefined ? cursor.peek() : undefined;
    now.current.onUsed?.("select");
  };

  const pointTo = (to: string) => {
    const seen = range.peek();
    const drawn = shown.peek();
    if (!seen || !drawn) return;
    const at = cursor.peek() ?? seen.t2;
    const target = targetOf(to, at, seen, drawn);
    if (target === undefined) return;
    const all = extent();
    const t = Math.min(Math.max(target, all.t1), all.t2);
    cursor.value = t;
    const from = anchor.current;
    if (from !== undefined && from !== t) {
      selection.value = { t1: Math.min(from, t), t2: Math.max(from, t) };
    }
    // What is pointed at is seen.
    const span = seen.t2 - seen.t1;
    if (t < seen.t1) moveBy(t - seen.t1 - span / 4, true);
    else if (t > seen.t2) moveBy(t - seen.t2 + span / 4, true);
  };

  return (
    <div
      class="plot-area"
      role="application"
      aria-label={props.label}
      aria-describedby={props.describedBy}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the cursor
      tabIndex={0}
      onKeyDown={key}
      onBlur={() => {
        anchor.current = undefined;
      }}
    >
      <canvas ref={canvas} class="plot-canvas" />
      <div ref={halo} class="plot-halo" hidden />
    </div>
  );
}

function targetOf(to: string, at: number, seen: Range, drawn: Shown): number | undefined {
  const [rows] = drawn.rows;
  const least = drawn.pixel / 1e6;
  switch (to) {
    case "first":
      return rows && nextTime(rows, seen.t1, least);
    case "last":
      return rows && nextTime(rows, seen.t2 + least, -least);
    case "next":
      return rows && nextTime(rows, at, drawn.pixel);
    case "before":
      return rows && nextTime(rows, at, -drawn.pixel);
    case "next-day":
      return at + DAY;
    case "day-before":
      return at - DAY;
    default:
      return undefined;
  }
}
