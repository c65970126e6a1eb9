// Numbers and times of tables and pictures.

import type { Every } from "../data/dataset.ts";
import { dayOf, later } from "../data/dataset-time.ts";
import { derived, value } from "./format.ts";

/** A coefficient with its sign, as "+0.58". */
export function signed(r: number): string {
  const size = Math.abs(r).toLocaleString(undefined, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  if (Math.abs(r) < 0.005) return size;
  return `${r < 0 ? "−" : "+"}${size}`;
}

/** A number on an axis, short: 5 k for 5000. */
export function short(value: number): string {
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  const [unit, name] = UNITS.find(([unit]) => size >= unit) ?? [1, ""];
  const digits = Number((size / unit).toPrecision(4)).toLocaleString();
  return sign + digits + (name && `\u2009${name}`);
}

const UNITS: [number, string][] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** A value of a table: to four digits if it is a mean, else as it is, with separators. */
export function amount(d: unknown, how: string): string {
  if (typeof d !== "number") return value(d);
  if (how === "mean") return derived(d);
  // Sums of decimals have digits that nobody has written.
  return d.toLocaleString(undefined, { maximumFractionDigits: 6 }).replace(/^-/, "−");
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A time in a zone, in the reader's language. */
function inZone(t: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = zone + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
    formats.set(key, format);
  }
  const date = new Date(t * 1000);
  return Number.isNaN(date.getTime()) ? String(t) : format.format(date);
}

/** The name of a row. That of a day, a week or a month is at its end. */
export function rowName(t: number, every: Every, zone: string, now: number): string {
  const year = dayOf(t - 1, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4) ? {} : YEAR;
  switch (every) {
    case "day":
      return inZone(t - 1, zone, { weekday: "short", day: "numeric", month: "short", ...year });
    case "week": {
      // Noon of the Monday, so that changed clocks do not matter.
      const monday = Date.parse(later(dayOf(t - 1, zone), -6)) / 1000 + NOON;
      return inZone(monday, "UTC", { day: "numeric", month: "short", ...year });
    }
    case "month":
      return inZone(t - 1, zone, { month: "long", ...YEAR });
    default:
      return inZone(t, zone, { day: "numeric", month: "short", ...year, ...CLOCK });
  }
}

const NOON = 43_200;
const YEAR = { year: "numeric" } as const;
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
