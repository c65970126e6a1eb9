// What fingers, mice and wheels do with the map.

import { type Point, pan, type Size, type View, zoom } from "./mercator.ts";

export interface Target {
  view: () => View;
  size: () => Size;
  move: (view: View) => void;
  tap: (at: Point) => void;
}

// A pointer that moves less is a tap, in pixels.
const SLOP = 5;

// How much closer a step of a wheel comes.
const WHEEL = 0.002;

/** Listens to an element. Returns what ends that. */
export function listen(element: HTMLElement, target: Target): () => void {
  const pointers = new Map<number, Point>();
  let isTap = false;
  let start: Point = { x: 0, y: 0 };
  const at = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    isTap = pointers.size === 1;
    start = at(event);
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    isTap &&= Math.hypot(now.x - start.x, now.y - start.y) < SLOP;
    if (isTap) return;
    const others = [...pointers].filter(([id]) => id !== event.pointerId);
    const other = others[0]?.[1];
    target.move(
      other
        ? pinch(target.view(), target.size(), other, before, now)
        : pan(target.view(), target.size(), now.x - before.x, now.y - before.y),
    );
    pointers.set(event.pointerId, now);
  };
  const up = (event: PointerEvent) => {
    if (pointers.delete(event.pointerId) && isTap) target.tap(at(event));
    isTap = false;
  };
  const cancel = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    isTap = false;
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    // Firefox counts lines.
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const factor = Math.exp(-event.deltaY * pixels * WHEEL);
    target.move(zoom(target.view(), target.size(), factor, at(event)));
  };
  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  element.addEventListener("wheel", wheel, { passive: false });
  return () => {
    element.removeEventListener("pointerdown", down);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", up);
    element.removeEventListener("pointercancel", cancel);
    element.removeEventListener("wheel", wheel);
  };
}

/** One of two fingers moves: what is between them goes with them. */
export function pinch(view: View, size: Size, other: Point, before: Point, now: Point): View {
  const gap = (a: Point) => Math.max(Math.hypot(a.x - other.x, a.y - other.y), 1);
  const between = (a: Point) => ({ x: (a.x + other.x) / 2, y: (a.y + other.y) / 2 });
  const [from, to] = [between(before), between(now)];
  const closer = zoom(view, size, gap(now) / gap(before), from);
  return pan(closer, size, to.x - from.x, to.y - from.y);
}
