// Numbers, times and lengths of time of a plot, in words.

import { timeFormat } from "../data/formats.ts";
import type { Range } from "../data/tiles.ts";
import { text } from "../text/en.ts";
import { derived } from "../text/format.ts";

const SUFFIXES = ["", "\u2009k", "\u2009M", "\u2009G", "\u2009T"];

/** A round number at an axis: 5 k in place of 5,000, where all of the axis are that large. */
export function axisNumber(value: number, all: number[]): string {
  const largest = Math.max(...all.map(Math.abs));
  const power = Math.min(Math.floor(Math.log10(Math.max(largest, 1)) / 3), SUFFIXES.length - 1);
  // 1,500 is as short as 1.5 k.
  if (largest < 10_000 || value === 0) return derived(value);
  return `${derived(value / 1000 ** power)}${SUFFIXES[power]}`;
}

const UNITS: [keyof typeof text.plot.units, number][] = [
  ["year", 365.2425 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** About how long something is: "5 d". */
export function duration(seconds: number): string {
  for (const [unit, length] of UNITS) {
    // 1.5 d, but 40 h rather than 1.7 d.
    if (seconds >= 2 * length || (seconds >= length && Math.round(seconds) % length === 0)) {
      return text.plot.units[unit](derived(Math.round(seconds / length)));
    }
  }
  return text.plot.units.second(derived(seconds < 10 ? seconds : Math.round(seconds)));
}

/** A range of time with no more parts than differ, as precise as a pixel is. */
export function rangeWords(
  { t1, t2 }: Range,
  pixel: number,
  zone: string,
  locale?: string,
): string {
  const [from, to] = [new Date(t1 * 1000), new Date(t2 * 1000)];
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return `${t1} – ${t2}`;
  const format = timeFormat(zone, parts(pixel), locale);
  return format.formatRange(from, to);
}

function parts(pixel: number): Intl.DateTimeFormatOptions {
  const day = { year: "numeric", month: "short", day: "numeric" } as const;
  if (pixel >= 86_400 / 2) return day;
  const minute = { ...day, hour: "numeric", minute: "2-digit" } as const;
  if (pixel >= 30) return minute;
  const second = { ...minute, second: "2-digit" } as const;
  return pixel >= 0.5 ? second : { ...second, fractionalSecondDigits: 3 };
}
