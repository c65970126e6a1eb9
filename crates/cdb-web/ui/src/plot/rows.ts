// What is known of a range, put together from the best that there is for each part of it. No DOM.

import { cover, type Range } from "../data/tiles.ts";
import {
  COUNT,
  FIRST_T,
  LAST_T,
  MAX_D,
  MEAN,
  MIN_D,
  type Source,
  STRIDE,
} from "../data/tiles-source.ts";

/** A stretch without data. */
export type Gap = Range;

/** Rows of a range in the order of time, with one more at each side if it is known. */
export interface Rows {
  data: Float64Array;
  size: number;
  /** The row after which a gap begins, and the gap. */
  gaps: Map<number, Gap>;
  /** How many numbers are within the range. */
  count: number;
  /** Of the numbers within the range. */
  min: number;
  max: number;
  mean: number;
}

// A line is not drawn across so many usual distances without data.
const GAP = 5;

export function rowsOf(sources: Iterable<Source>, range: Range, pixel: number): Rows {
  const pieces = cover(sources, range, pixel);
  const parts = pieces.map(({ source, t1, t2 }, i) => {
    const from = source.rowAfter(t1) - (i === 0 ? 1 : 0);
    const to = source.rowAfter(t2) + (i === pieces.length - 1 ? 1 : 0);
    return source.rows(Math.max(from, 0), Math.min(to, source.size));
  });
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    data.set(part, start);
    start += part.length;
  }
  const size = data.length / STRIDE;
  return { data, size, gaps: gapsOf(data, size), ...totals(data, size, range) };
}

function totals(data: Float64Array, size: number, { t1, t2 }: Range) {
  let [count, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < size; row += 1) {
    const at = row * STRIDE;
    const isWithin = (data[at + LAST_T] ?? 0) > t1 && (data[at + FIRST_T] ?? 0) <= t2;
    if (!isWithin) continue;
    const n = data[at + COUNT] ?? 0;
    count += n;
    sum += n * (data[at + MEAN] ?? 0);
    min = Math.min(min, data[at + MIN_D] ?? min);
    max = Math.max(max, data[at + MAX_D] ?? max);
  }
  return { count, min, max, mean: sum / count };
}

function distances(data: Float64Array, size: number): Float64Array {
  const all = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    const at = row * STRIDE;
    const [n = 0, first = 0, last = 0] = [data[at + COUNT], data[at + FIRST_T], data[at + LAST_T]];
    const before = data[at - STRIDE + LAST_T];
    if (n > 1) all[row] = (last - first) / (n - 1);
    else if (row > 0 && before !== undefined) all[row] = first - before;
  }
  return all;
}

/** The one that half of them have at most, of those that are not 0. */
function middle(numbers: Float64Array): number {
  const sorted = numbers.filter((it) => it > 0).sort();
  return sorted[sorted.length >> 1] ?? 0;
}

/** The usual distance between two datapoints. */
export function usualDistance({ data, size }: Pick<Rows, "data" | "size">): number {
  return middle(distances(data, size));
}

// What is usual near a row is what these many at each side have.
const NEAR = 5;

function gapsOf(data: Float64Array, size: number): Map<number, Gap> {
  const all = distances(data, size);
  const max = GAP * middle(all);
  const gaps = new Map<number, Gap>();
  for (let row = 1; row < size && max > 0; row += 1) {
    const t1 = data[(row - 1) * STRIDE + LAST_T] ?? 0;
    const t2 = data[row * STRIDE + FIRST_T] ?? 0;
    if (t2 - t1 <= max) continue;
    // A stream may be written more often from some day on: before that, nothing is missing.
    const before = middle(all.subarray(Math.max(row - NEAR, 0), row));
    const after = middle(all.subarray(row + 1, row + 1 + NEAR));
    if (t2 - t1 > GAP * Math.max(before, after)) gaps.set(row - 1, { t1, t2 });
  }
  return gaps;
}
