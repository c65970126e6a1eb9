// The values of several streams as one series, in the order of their times.

import { type Column, MAX_ROWS, type Range, type StreamQuery } from "./dataset.ts";

/** The server merges no more streams than these. */
const MAX_MERGED = 10;

/** The body of `POST query/merge`. */
export function mergeQuery(columns: Column[], { t1, t2 }: Range): StreamQuery[] {
  const paths = [...new Set(columns.map(({ path }) => path))].slice(0, MAX_MERGED);
  const limit = Math.floor(MAX_ROWS / Math.max(paths.length, 1));
  return paths.map((stream) => ({ stream, t1, t2, limit }));
}
