// How often something is written to a stream.

/** How many usual intervals without data are silence. */
const SILENT_AFTER = 5;

/** Shorter ones are none, in seconds. */
const MIN_SILENCE = 120;

/** Fewer intervals say nothing. */
const MIN_INTERVALS = 4;

// The longer half of the intervals is at most so many times the shorter one for a stream with a rhythm.
const MAX_SPREAD = 10;

export interface Rate {
  /** The usual interval in seconds; `undefined` if there is no rhythm. */
  interval: number | undefined;
  isSilent: boolean;
}

/** The rate of a stream, from the times of its newest datapoints in order. */
export function rateOf(times: number[], now: number): Rate {
  const intervals = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const sorted = intervals.filter((it) => it > 0).sort((a, b) => a - b);
  if (sorted.length < MIN_INTERVALS) return { interval: undefined, isSilent: false };
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  const interval = at(0.5);
  if (at(0.75) > at(0.25) * MAX_SPREAD) return { interval: undefined, isSilent: false };
  const silence = now - (times.at(-1) ?? now);
  return { interval, isSilent: silence > Math.max(SILENT_AFTER * interval, MIN_SILENCE) };
}
