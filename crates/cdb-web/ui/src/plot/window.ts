// The range of time that is seen, and how it moves. No DOM.

import { SPANS } from "../data/range.ts";
import type { Range } from "../data/tiles.ts";

/** Nothing shorter is seen, in seconds. */
const MIN_SPAN = 0.01;

// How much more than the whole stream is seen at most.
const MAX_SPANS = 2;

/** How a stream is looked at: at its end, which moves on, or at a range. */
export type Look =
  | { kind: "live" /** `undefined` for everything. */; seconds: number | undefined }
  | { kind: "fixed"; range: Range };

/** What a query string says of a look. */
export const LOOK_NAMES = ["t1", "t2", "span", "range"];

/** What a query string asks for; everything, if it asks for nothing that can be seen. */
export function lookOf(search: string): Look {
  const query = new URLSearchParams(search);
  const number = (name: string) => Number.parseFloat(query.get(name) ?? "");
  const range = { t1: number("t1"), t2: number("t2") };
  if (range.t1 < range.t2 && Number.isFinite(range.t2 - range.t1)) return { kind: "fixed", range };
  const span = SPANS.find(({ id }) => id === query.get("range"));
  const seconds = number("span");
  if (span || !(seconds > 0)) return { kind: "live", seconds: span?.seconds };
  return { kind: "live", seconds };
}

/** The query string of a look, with what else was in it. */
export function searchOf(look: Look, search: string): string {
  const query = new URLSearchParams(search);
  for (const name of LOOK_NAMES) query.delete(name);
  if (look.kind === "fixed") {
    const { t1, t2 } = rounded(look.range);
    query.set("t1", String(t1));
    query.set("t2", String(t2));
  } else {
    const span = SPANS.find(({ seconds }) => seconds === look.seconds);
    if (span) query.set("range", span.id);
    else query.set("span", String(look.seconds));
  }
  return `?${query}`;
}

/** What is seen where no stream says where it ends: up to now. `undefined` for everything. */
export function rangeUntilNow(look: Look): Range | undefined {
  if (look.kind === "fixed") return look.range;
  const now = Math.ceil(Date.now() / 1000);
  return look.seconds === undefined ? undefined : { t1: now - look.seconds, t2: now };
}

/** Times with no more digits than are seen. */
function rounded({ t1, t2 }: Range): Range {
  const digits = Math.min(Math.max(Math.ceil(7 - Math.log10(t2 - t1)), 0), 6);
  return { t1: Number(t1.toFixed(digits)), t2: Number(t2.toFixed(digits)) };
}

/**
 * What is seen of a stream of a certain extent, in a picture so many pixels wide. It begins at a whole number of
 * pixels from the start of the stream, so that the picture moves only when its end has moved by one.
 */
export function rangeOf(look: Look, extent: Range, pixels: number): Range {
  if (look.kind === "fixed") return look.range;
  const columns = Math.max(pixels, 2);
  const length = Math.max(extent.t2 - extent.t1, MIN_SPAN);
  // Everything needs one more, as far as the end is within it.
  const span = look.seconds ?? (length / wholeColumns(pixels)) * columns;
  const pixel = span / columns;
  const end = Math.ceil((extent.t2 - extent.t1) / pixel - 1e-6);
  // Not before the newest datapoint by what was rounded.
  const t2 = Math.max(extent.t1 + Math.max(end, look.seconds ? end : columns) * pixel, extent.t2);
  return { t1: t2 - span, t2 };
}

/** How many columns everything is asked for in, so that each is a pixel when everything is seen. */
export function wholeColumns(pixels: number): number {
  return Math.max(pixels, 2) - 1;
}

/** Whether a range ends with the newest datapoint, to a pixel. */
export function isAtEnd({ t1, t2 }: Range, extent: Range, pixels: number): boolean {
  const beyond = t2 - extent.t2;
  return beyond >= 0 && beyond <= (1.5 * (t2 - t1)) / Math.max(pixels, 1);
}

/** Moves a range, in whole pixels, but never away from all data. */
export function pan(range: Range, seconds: number, extent: Range): Range {
  const span = range.t2 - range.t1;
  const [min, max] = [extent.t1 - span / 2 - range.t1, extent.t2 + span / 2 - range.t2];
  const moved = min < max ? Math.min(Math.max(seconds, min), max) : 0;
  return { t1: range.t1 + moved, t2: range.t1 + moved + span };
}

/** Makes a range so many times as long; what is at a time stays where it is. */
export function zoom(range: Range, at: number, factor: number, extent: Range): Range {
  const span = range.t2 - range.t1;
  const most = Math.max(MAX_SPANS * (extent.t2 - extent.t1), 60, span);
  const wanted = Math.min(Math.max(span * factor, MIN_SPAN), most);
  const t1 = at - ((at - range.t1) / span) * wanted;
  return { t1, t2: t1 + wanted };
}

/** A range between two others, for a movement: 0 is the first, 1 the second. */
export function between(from: Range, to: Range, part: number): Range {
  return {
    t1: from.t1 + (to.t1 - from.t1) * part,
    t2: from.t2 + (to.t2 - from.t2) * part,
  };
}
