// Everything that is in a picture of a plot, and where. No DOM.

import { type Scale, scaleOf } from "../data/scale.ts";
import type { Range } from "../data/tiles.ts";
import type { Rows } from "./rows.ts";
import type { TimeTick } from "./time-axis.ts";

/** In pixels of the page. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  /** Where data are drawn. */
  box: Box;
  /** How many pixels of the screen are one of the page. */
  ratio: number;
  /** At which side the numbers are. */
  axis: "left" | "right";
}

export interface DrawnSeries {
  rows: Rows;
  /** From 0. */
  colour: number;
}

/** The newest datapoint. */
export interface Live {
  t: number;
  /** `undefined` where it is of one of several series. */
  d: number | undefined;
  label: string;
  /** Whether it is of now. */
  isFresh: boolean;
}

export interface Scene {
  layout: Layout;
  range: Range;
  scale: Scale;
  series: DrawnSeries[];
  times: TimeTick[];
  live: Live | undefined;
  cursor: Cursor | undefined;
  selection: Range | undefined;
  unit: string;
}

export interface Cursor {
  t: number;
  points: { d: number; min: number; max: number; colour: number }[];
}

// Room for the numbers, for the tag with the newest one, and for the times below.
const NUMBERS = 40;
const TAG = 54;
const ABOVE = 10;
const UNIT = 10;
const BELOW = 24;
const AIR = 10;

/** More datapoints a pixel than these are not drawn one by one. */
export const MAX_PER_PIXEL = 2;

export function layoutOf(
  width: number,
  height: number,
  ratio: number,
  axis: "left" | "right",
  { hasTag, hasUnit }: { hasTag: boolean; hasUnit: boolean },
): Layout {
  const isNarrow = width < 480;
  const numbers = isNarrow ? NUMBERS - 6 : NUMBERS;
  const other = hasTag ? (isNarrow ? TAG - 6 : TAG) : AIR;
  const [left, right] = axis === "left" ? [numbers, other] : [0, Math.max(numbers, other)];
  // In whole pixels of the screen, so that a column of a tile can be one.
  const inner = Math.max(Math.floor((width - left - right) * ratio) / ratio, 1);
  const top = ABOVE + (hasUnit ? UNIT : 0);
  const box = { left, top, width: inner, height: height - top - BELOW };
  return { width, height, box, ratio, axis };
}

/** How many pixels of the screen the data have. */
export function pixelsOf({ box, ratio }: Layout): number {
  return Math.max(Math.round(box.width * ratio), 1);
}

/** The scale of the numbers of several series together. */
export function scaleOfAll(series: DrawnSeries[], height: number): Scale {
  const drawn = series.filter(({ rows }) => rows.count > 0);
  if (drawn.length === 0) return { low: 0, high: 1, ticks: [] };
  const min = Math.min(...drawn.map(({ rows }) => rows.min));
  const max = Math.max(...drawn.map(({ rows }) => rows.max));
  return scaleOf(min, max, height < 160 ? 3 : 6);
}

export function xOf(t: number, { range, layout }: Pick<Scene, "range" | "layout">): number {
  const { left, width } = layout.box;
  return left + ((t - range.t1) / (range.t2 - range.t1)) * width;
}

export function timeAt(x: number, { range, layout }: Pick<Scene, "range" | "layout">): number {
  const { left, width } = layout.box;
  return range.t1 + ((x - left) / width) * (range.t2 - range.t1);
}

export function yOf(d: number, { scale, layout }: Pick<Scene, "scale" | "layout">): number {
  const { top, height } = layout.box;
  return top + height - ((d - scale.low) / (scale.high - scale.low)) * height;
}
