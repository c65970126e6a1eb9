// Numbers and days in pictures, in words.

import { dateOf } from "../data/zone.ts";
import { derived } from "../text/format.ts";
import { duration } from "../text/times.ts";
import type { About } from "./view.ts";

const UTC = { timeZone: "UTC" } as const;
const FORMATS = {
  day: new Intl.DateTimeFormat(undefined, { ...UTC, day: "numeric", month: "short" }),
  full: new Intl.DateTimeFormat(undefined, {
    ...UTC,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
  }),
  month: new Intl.DateTimeFormat(undefined, { ...UTC, month: "short" }),
  weekday: new Intl.DateTimeFormat(undefined, { ...UTC, weekday: "short" }),
};

/** A day by its number: "12 Nov", "Thu 12 Nov 2026", "Nov", "Thu". */
export function dayName(day: number, format: keyof typeof FORMATS): string {
  return FORMATS[format].format(dateOf(day));
}

/** A number that was computed, with the unit of its stream. */
export function withUnit(n: number, { unit, stream }: Pick<About, "unit" | "stream">): string {
  if (stream.datatype.startsWith("duration")) return duration(n);
  return unit ? `${derived(n)}\u2009${unit}` : derived(n);
}

const THOUSANDS = ["", " k", " M", " G"];

/** A number at an axis: "5 k". */
export function short(n: number): string {
  const power = Math.abs(n) < 10_000 ? 0 : Math.floor(Math.log10(Math.abs(n)) / 3);
  const suffix = THOUSANDS[power];
  return suffix === undefined ? derived(n) : derived(n / 1000 ** power) + suffix;
}

/** What a script gives as a number. */
export function numberOf(d: unknown): number | undefined {
  const number = typeof d === "boolean" ? Number(d) : d;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** A number with its sign, where zero is in the middle. */
export function derivedSigned(n: number): string {
  return n > 0 ? `+${derived(n)}` : derived(n);
}

/** A number with three digits, for the ends of a legend. */
export function rough(n: number): number {
  return Number(n.toPrecision(3));
}
