// Datapoints that were deleted a moment ago, and stay in the table until that cannot be undone any more.

import type { Datapoint } from "../api/objects.ts";

export interface Deleted {
  point: Datapoint;
  /** The index of the datapoint that has come to its place. */
  index: number;
  /** When it can no longer be put back, in milliseconds since 1970. */
  until: number;
}

/** What a row of the table is: a datapoint with its index, or one that was deleted. */
export type Entry = { index: number } | { deleted: Deleted };

/** What a row is, of which the newest is the first. */
export function entryAt(row: number, length: number, deleted: Deleted[]): Entry {
  // Counted from the oldest.
  let at = length + deleted.length - 1 - row;
  for (const [before, it] of deleted.entries()) {
    if (it.index + before === at) return { deleted: it };
    if (it.index + before > at) return { index: at - before };
  }
  at -= deleted.length;
  return { index: at };
}

/** Deletes the datapoint with an index. */
export function withDeleted(deleted: Deleted[], gone: Deleted): Deleted[] {
  const moved = deleted.map((it) => (it.index > gone.index ? { ...it, index: it.index - 1 } : it));
  return sorted([...moved, gone]);
}

/** Puts one back. */
export function withoutDeleted(deleted: Deleted[], back: Deleted): Deleted[] {
  const others = deleted.filter((it) => it !== back);
  const at = deleted.indexOf(back);
  // Those at the same index that come after it are after it again.
  return others.map((it) => (deleted.indexOf(it) > at ? { ...it, index: it.index + 1 } : it));
}

/** By index, and those at one index by their time. */
function sorted(deleted: Deleted[]): Deleted[] {
  return deleted.sort((a, b) => a.index - b.index || a.point.t - b.point.t);
}
