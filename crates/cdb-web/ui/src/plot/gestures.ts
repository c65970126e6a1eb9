// What pointers and the wheel do to a plot: drag and pinch move it, the wheel zooms, a drag with Shift or after
// a long press selects.

import type { Range } from "../data/tiles.ts";

export type Gesture = "pan" | "zoom" | "select";

/** What is moved. */
export interface Target {
  /** The range that is seen, and where it is, in pixels of the page from the left of the element. */
  range: () => Range | undefined;
  left: () => number;
  width: () => number;
  /** How many pixels of the screen are one of the page. */
  ratio: () => number;
  selection: () => Range | undefined;
  move: (range: Range, isDone: boolean) => void;
  zoom: (at: number, factor: number, isDone: boolean) => void;
  select: (range: Range, isDone: boolean) => void;
  point: (t: number | undefined) => void;
  used: (gesture: Gesture) => void;
}

const LONG_PRESS = 450;
// A finger that moves less than this is pressing.
const STILL = 8;
// How near to an end of the selection one takes hold of it.
const GRIP = 12;
// A turn of the wheel is over after so many milliseconds.
const WHEEL_PAUSE = 200;
// So many pixels of a wheel make everything twice as long.
const WHEEL_DOUBLE = 260;
const LINE_PIXELS = 20;

interface Finger {
  startX: number;
  startY: number;
  x: number;
}

type Mode = "none" | "press" | "pan" | "pinch" | "select";

/** Returns a function that ends it. */
export function gesturesOn(element: HTMLElement, target: Target): () => void {
  const fingers = new Map<number, Finger>();
  let mode: Mode = "none";
  let startRange: Range | undefined;
  let anchor = 0;
  let moved: Range | undefined;
  let press: ReturnType<typeof setTimeout> | undefined;
  let wheel: ReturnType<typeof setTimeout> | undefined;

  const xOf = (event: MouseEvent) => event.clientX - element.getBoundingClientRect().left;
  const timeAt = (x: number, range = target.range()) =>
    range ? range.t1 + ((x - target.left()) / target.width()) * (range.t2 - range.t1) : 0;

  /** Begins anew with the fingers that are there. */
  const begin = (next: Mode) => {
    clearTimeout(press);
    mode = next;
    startRange = target.range();
    for (const finger of fingers.values()) finger.startX = finger.x;
  };

  /** The end of the selection that is there, if one is. */
  const endAt = (x: number) => {
    const [selection, range] = [target.selection(), target.range()];
    if (!selection || !range) return undefined;
    const seconds = (GRIP / target.width()) * (range.t2 - range.t1);
    return [selection.t1, selection.t2].find((t) => Math.abs(t - timeAt(x)) < seconds);
  };

  const beginSelection = (x: number) => {
    const held = endAt(x);
    const selection = target.selection();
    // The other end stays.
    const other = held === selection?.t1 ? selection?.t2 : selection?.t1;
    anchor = (held === undefined ? undefined : other) ?? timeAt(x);
    begin("select");
    target.point(undefined);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const x = xOf(event);
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { startX: x, startY: event.clientY, x });
    moved = undefined;
    if (fingers.size === 2) begin("pinch");
    else if (event.shiftKey || endAt(x) !== undefined) beginSelection(x);
    else {
      begin("press");
      if (event.pointerType !== "mouse") press = setTimeout(() => beginSelection(x), LONG_PRESS);
    }
  };

  const drag = (event: PointerEvent) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) {
      if (event.pointerType === "mouse") target.point(timeAt(xOf(event)));
      return;
    }
    finger.x = xOf(event);
    const far = Math.hypot(finger.x - finger.startX, event.clientY - finger.startY);
    const still = event.pointerType === "mouse" ? 3 : STILL;
    if (mode === "press" && far > still) begin("pan");
    if (mode === "pan") panTo(finger);
    if (mode === "pinch") pinch();
    if (mode === "select") select(finger.x, false);
  };

  const panTo = (finger: Finger) => {
    if (!startRange) return;
    const { t1, t2 } = startRange;
    const ratio = target.ratio();
    // By whole pixels of the screen, so that the picture is the same.
    const pixels = Math.round((finger.x - finger.startX) * ratio) / ratio;
    const seconds = (pixels / target.width()) * (t2 - t1);
    moved = { t1: t1 - seconds, t2: t2 - seconds };
    target.move(moved, false);
  };

  /** What is under each finger stays there. */
  const pinch = () => {
    const [a, b] = [...fingers.values()];
    if (!a || !b || !startRange || Math.abs(a.x - b.x) < STILL) return;
    const [timeA, timeB] = [timeAt(a.startX, startRange), timeAt(b.startX, startRange)];
    const perPixel = (timeB - timeA) / (b.x - a.x);
    if (!(perPixel > 0)) return;
    const t1 = timeA - (a.x - target.left()) * perPixel;
    moved = { t1, t2: t1 + target.width() * perPixel };
    target.move(moved, false);
  };

  const select = (x: number, isDone: boolean) => {
    const t = timeAt(Math.min(Math.max(x, target.left()), target.left() + target.width()));
    const range = { t1: Math.min(anchor, t), t2: Math.max(anchor, t) };
    if (range.t1 < range.t2) target.select(range, isDone);
  };

  const up = (event: PointerEvent) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    fingers.delete(event.pointerId);
    if (mode === "pinch" && fingers.size === 1) {
      begin("pan");
      target.used("zoom");
      return;
    }
    clearTimeout(press);
    if (mode === "press") target.point(timeAt(finger.x));
    if (moved) {
      target.move(moved, true);
      target.used("pan");
    }
    if (mode === "select") {
      select(finger.x, true);
      target.used("select");
    }
    mode = "none";
  };

  const leave = (event: PointerEvent) => {
    if (event.pointerType === "mouse" && fingers.size === 0) target.point(undefined);
  };

  const turn = (event: WheelEvent) => {
    event.preventDefault();
    const range = target.range();
    if (!range) return;
    const unit = event.deltaMode === 0 ? 1 : LINE_PIXELS;
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    clearTimeout(wheel);
    if (isSideways) {
      const seconds = ((event.deltaX * unit) / target.width()) * (range.t2 - range.t1);
      target.move({ t1: range.t1 + seconds, t2: range.t2 + seconds }, false);
    } else {
      // A pinch on a touchpad comes as small turns with Ctrl.
      const pixels = event.deltaY * unit * (event.ctrlKey ? 5 : 1);
      target.zoom(timeAt(xOf(event)), 2 ** (pixels / WHEEL_DOUBLE), false);
    }
    wheel = setTimeout(() => {
      const end = target.range();
      if (end) target.move(end, true);
      target.used(isSideways ? "pan" : "zoom");
    }, WHEEL_PAUSE);
  };

  const double = (event: MouseEvent) => {
    target.zoom(timeAt(xOf(event)), 0.5, true);
    target.used("zoom");
  };

  /** The browser scrolls with one finger that moves up and down, unless it selects. */
  const touch = (event: TouchEvent) => {
    if (mode === "select" || mode === "pinch") event.preventDefault();
  };

  const ended = new AbortController();
  const options = { signal: ended.signal };
  element.addEventListener("pointerdown", down, options);
  element.addEventListener("pointermove", drag, options);
  element.addEventListener("pointerup", up, options);
  element.addEventListener("pointercancel", up, options);
  element.addEventListener("pointerleave", leave, options);
  element.addEventListener("dblclick", double, options);
  element.addEventListener("wheel", turn, { ...options, passive: false });
  element.addEventListener("touchmove", touch, { ...options, passive: false });
  element.addEventListener(
    "contextmenu",
    (event) => {
      if (mode === "select") event.preventDefault();
    },
    options,
  );
  return () => {
    ended.abort();
    clearTimeout(press);
    clearTimeout(wheel);
  };
}
