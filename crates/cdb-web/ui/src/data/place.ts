// The place in a stream that somebody wants to go to.

export type Place = { index: number } | { t: number };

/** Reads the number of a datapoint, or a time. Returns `undefined` for anything else. */
export function placeOf(written: string, now = new Date()): Place | undefined {
  const words = written.trim();
  const digits = words.replaceAll(/[\s.,'’_]/g, "");
  if (/^\d+$/.test(digits) && !/\d\.\d{1,2}$/.test(words)) return { index: Number(digits) };
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(words);
  if (clock) {
    const [, hours, minutes, seconds = 0] = clock;
    const at = new Date(now);
    at.setHours(Number(hours), Number(minutes), Number(seconds), 0);
    return { t: at.getTime() / 1000 };
  }
  // A browser takes nearly anything for a date.
  if (!/\b\d{4}\b/.test(words)) return undefined;
  // Without a time of day, a date is its midnight here, not in Greenwich.
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(words);
  const t = Date.parse(isDay ? `${words}T00:00` : words.replace(/^(\d{4}-\d{2}-\d{2}) /, "$1T"));
  return Number.isNaN(t) ? undefined : { t: t / 1000 };
}
