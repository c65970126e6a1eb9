// What is drawn of rows, in pixels of a picture. No DOM.

import { COUNT, FIRST_D, FIRST_T, LAST_T, MEAN, STRIDE } from "../data/tiles-source.ts";
import type { Rows } from "./rows.ts";

/** Where times and numbers are. */
export interface Frame {
  x: (t: number) => number;
  y: (d: number) => number;
  width: number;
}

/** Points one after the other: x, y, x, y, … */
export type Line = number[];

/** Calls a function with each point that the exact line goes through, and with whether it begins anew. */
function eachPoint(rows: Rows, call: (t: number, d: number, isFirst: boolean) => void): void {
  const { data, size, gaps } = rows;
  for (let row = 0; row < size; row += 1) {
    const at = row * STRIDE;
    const isFirst = row === 0 || gaps.has(row - 1);
    const point = (field: number, isFirst = false) =>
      call(data[at + FIRST_T + field] ?? 0, data[at + FIRST_D + field] ?? 0, isFirst);
    point(0, isFirst);
    if (data[at + COUNT] === 1) continue;
    const isMinFirst = (data[at + FIRST_T + 1] ?? 0) <= (data[at + FIRST_T + 2] ?? 0);
    point(isMinFirst ? 1 : 2);
    point(isMinFirst ? 2 : 1);
    point(3);
  }
}

/** The line through all points, broken where there are no data. */
export function linesOf(rows: Rows, { x, y }: Frame): Line[] {
  const lines: Line[] = [];
  eachPoint(rows, (t, d, isFirst) => {
    if (isFirst) lines.push([]);
    lines.at(-1)?.push(x(t), y(d));
  });
  return lines;
}

/** Which pixels of each column the line goes through. */
export interface Band {
  top: Float64Array;
  bottom: Float64Array;
}

export function bandOf(rows: Rows, { x, y, width }: Frame): Band {
  const top = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const bottom = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  const reach = (column: number, y: number) => {
    if (y < (top[column] ?? y)) top[column] = y;
    if (y > (bottom[column] ?? y)) bottom[column] = y;
  };
  let [beforeX, beforeY] = [0, 0];
  eachPoint(rows, (t, d, isFirst) => {
    const [toX, toY] = [x(t), y(d)];
    const column = columnOf(toX);
    if (!isFirst) {
      const slope = (toY - beforeY) / (toX - beforeX);
      // Where the line crosses from one column to the next.
      const from = Math.max(columnOf(beforeX), -1);
      for (let edge = from + 1; edge <= Math.min(column, width); edge += 1) {
        const crossing = beforeY + (edge - beforeX) * slope;
        reach(edge - 1, crossing);
        reach(edge, crossing);
      }
    }
    reach(column, toY);
    [beforeX, beforeY] = [toX, toY];
  });
  return { top, bottom };
}

/** A column has its right edge, as in the answers of the server. */
function columnOf(x: number): number {
  // What is meant to be at an edge may be off by the last digits of a time.
  return Math.ceil(x - 1e-4) - 1;
}

/** The means of every few pixels. */
export function meansOf(rows: Rows, { x, y }: Frame, distance: number): Line[] {
  const { data, size, gaps } = rows;
  const lines: Line[] = [[]];
  let [bucket, count, sumX, sum] = [Number.NaN, 0, 0, 0];
  const end = () => {
    if (count > 0) lines.at(-1)?.push(sumX / count, y(sum / count));
    [count, sumX, sum] = [0, 0, 0];
  };
  for (let row = 0; row < size; row += 1) {
    const at = row * STRIDE;
    const n = data[at + COUNT] ?? 0;
    const middle = (x(data[at + FIRST_T] ?? 0) + x(data[at + LAST_T] ?? 0)) / 2;
    const isNew = Math.floor(middle / distance) !== bucket;
    if (isNew || gaps.has(row - 1)) end();
    if (gaps.has(row - 1)) lines.push([]);
    bucket = Math.floor(middle / distance);
    count += n;
    sumX += n * middle;
    sum += n * (data[at + MEAN] ?? 0);
  }
  end();
  return lines;
}

/** What a column of pixels has: for the cursor. */
export interface Reading {
  t1: number;
  t2: number;
  count: number;
  min: number;
  max: number;
  mean: number;
}

const MIN_D = FIRST_D + 1;
const MAX_D = FIRST_D + 2;

/** What is at a time, within a distance; the row nearest to it if there is none within. */
export function readingAt(rows: Rows, t: number, distance: number): Reading | undefined {
  const { data, size } = rows;
  const first = (row: number) => data[row * STRIDE + FIRST_T] ?? 0;
  const last = (row: number) => data[row * STRIDE + LAST_T] ?? 0;
  let nearest = -1;
  let nearestDistance = Number.POSITIVE_INFINITY;
  const within: number[] = [];
  for (let row = 0; row < size; row += 1) {
    const away = Math.max(first(row) - t, t - last(row), 0);
    if (away <= distance) within.push(row);
    if (away < nearestDistance) [nearest, nearestDistance] = [row, away];
  }
  if (within.length === 0 && nearest >= 0) within.push(nearest);
  const [from, to] = [within[0], within.at(-1)];
  if (from === undefined || to === undefined) return undefined;
  const reading = {
    t1: first(from),
    t2: last(to),
    count: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    mean: 0,
  };
  for (const row of within) {
    const at = row * STRIDE;
    const n = data[at + COUNT] ?? 0;
    reading.count += n;
    reading.mean += n * (data[at + MEAN] ?? 0);
    reading.min = Math.min(reading.min, data[at + MIN_D] ?? reading.min);
    reading.max = Math.max(reading.max, data[at + MAX_D] ?? reading.max);
  }
  reading.mean /= reading.count;
  return reading;
}

/**
 * The time of the next row in a direction that is at least a step away, so that keys find every datapoint
 * and skip what is empty.
 */
export function nextTime(rows: Rows, t: number, step: number): number | undefined {
  const { data, size } = rows;
  let found: number | undefined;
  for (let row = 0; row < size; row += 1) {
    const middle = ((data[row * STRIDE + FIRST_T] ?? 0) + (data[row * STRIDE + LAST_T] ?? 0)) / 2;
    if (step > 0 && middle > t) {
      if (found === undefined || middle <= t + step) found = middle;
      else break;
    }
    if (step < 0 && middle < t) {
      if (middle >= t + step) return middle;
      found = middle;
    }
  }
  return found;
}
