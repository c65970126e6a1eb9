import { effect, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onTheme } from "../data/colours.ts";
import type { Range } from "../data/tiles.ts";
import type { Series } from "../data/tiles-series.ts";
import { paintStrip, wholeOf, windowOf } from "./strip-paint.ts";
import { between } from "./window.ts";

// How near to an end of the window one takes hold of it.
const GRIP = 12;

/** The whole stream, with the part of it that is seen: that can be dragged, and each of its ends. */
export function Strip(props: {
  series: Series;
  range: Signal<Range | undefined>;
  onMove: (range: Range, isDone: boolean) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const now = useRef(props);
  now.current = props;
  const { series, range } = props;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let frame = 0;
    const draw = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => paintStrip(element, series, range.peek()));
    };
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const endTheme = onTheme(draw);
    const stop = effect(() => {
      range.value;
      series.changes.value;
      draw();
    });
    const end = dragsOn(element, series, range, (to, isDone) => now.current.onMove(to, isDone));
    return () => {
      stop();
      end();
      observer.disconnect();
      endTheme();
      cancelAnimationFrame(frame);
    };
  }, [series, range]);
  return (
    <div aria-hidden="true">
      <canvas ref={canvas} class="plot-strip" />
    </div>
  );
}

/** A drag moves the window or one of its ends; a press beside it moves it there. */
function dragsOn(
  element: HTMLElement,
  series: Series,
  range: Signal<Range | undefined>,
  move: (range: Range, isDone: boolean) => void,
): () => void {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  let drag: { t: number; from: Range; whole: Range; part: "left" | "right" | "all" } | undefined;
  const xOf = (event: PointerEvent) => event.clientX - element.getBoundingClientRect().left;
  const timeAt = (x: number, whole: Range) =>
    whole.t1 + (x / element.clientWidth) * (whole.t2 - whole.t1);
  const target = (event: PointerEvent): Range | undefined => {
    if (!drag) return undefined;
    const { from, whole, part, t } = drag;
    const by = timeAt(xOf(event), whole) - t;
    const least = (whole.t2 - whole.t1) / 1e6;
    if (part === "left") return { t1: Math.min(from.t1 + by, from.t2 - least), t2: from.t2 };
    if (part === "right") return { t1: from.t1, t2: Math.max(from.t2 + by, from.t1 + least) };
    return { t1: from.t1 + by, t2: from.t2 + by };
  };
  const down = (event: PointerEvent) => {
    const seen = range.peek();
    const whole = wholeOf(series, seen);
    if (!seen || !whole || event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    const x = xOf(event);
    const { left, right } = windowOf(whole, seen, element.clientWidth);
    const t = timeAt(x, whole);
    const isNear = (edge: number) =>
      Math.abs(x - edge) < Math.min(GRIP, (right - left) / 2 + GRIP / 2);
    const isWithin = x > left && x < right;
    const canHold = right - left > 2 * GRIP || !isWithin;
    if (canHold && isNear(left)) drag = { t, from: seen, whole, part: "left" };
    else if (canHold && isNear(right)) drag = { t, from: seen, whole, part: "right" };
    else if (isWithin) drag = { t, from: seen, whole, part: "all" };
    else {
      const half = (seen.t2 - seen.t1) / 2;
      const from = between(seen, { t1: t - half, t2: t + half }, 1);
      drag = { t, from, whole, part: "all" };
      move(from, false);
    }
  };
  const dragged = (event: PointerEvent) => {
    const to = target(event);
    if (to) move(to, false);
  };
  const up = (event: PointerEvent) => {
    const to = target(event);
    drag = undefined;
    if (to) move(to, true);
  };
  element.addEventListener("pointerdown", down, options);
  element.addEventListener("pointermove", dragged, options);
  element.addEventListener("pointerup", up, options);
  element.addEventListener("pointercancel", up, options);
  return () => ended.abort();
}
