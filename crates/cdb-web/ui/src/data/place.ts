// The place in a stream that somebody wants to go to.

import { ownZone, timeOf, timeOfLocal, wallOf } from "./wall.ts";

export type Place = { index: number } | { t: number };

/** Reads the number of a datapoint, or a time. Returns `undefined` for anything else. */
export function placeOf(written: string, now = Date.now() / 1000): Place | undefined {
  const words = written.trim();
  const digits = words.replaceAll(/[\s.,'’_]/g, "");
  if (/^\d+$/.test(digits) && !/\d\.\d{1,2}$/.test(words)) return { index: Number(digits) };
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(words);
  if (clock) {
    const [hour = 0, minute = 0, second = 0] = clock.slice(1).map((it) => Number(it ?? 0));
    return { t: timeOf({ ...wallOf(now, ownZone()), hour, minute, second }, ownZone()) };
  }
  // A browser takes nearly anything for a date.
  if (!/\b\d{4}\b/.test(words)) return undefined;
  const local = timeOfLocal(words);
  if (local !== undefined) return { t: local };
  const t = Date.parse(words.replace(/^(\d{4}-\d{2}-\d{2}) /, "$1T"));
  return Number.isNaN(t) ? undefined : { t: t / 1000 };
}
