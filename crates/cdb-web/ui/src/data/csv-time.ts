// Times as people and programs write them into files.

import { text } from "../text/en.ts";
import { Zone } from "./csv-zone.ts";

/** The order of the parts of a date, or the unit of a number. */
export const TIME_FORMATS = [
  "iso",
  "dmy",
  "mdy",
  "s",
  "ms",
  "us",
  "ns",
  "digits",
  "elapsed",
] as const;

/** `point` is the time of a datapoint: a number of seconds, or a text as `iso` has it. */
export type TimeFormat = (typeof TIME_FORMATS)[number] | "point";

export interface TimeOptions {
  format: TimeFormat;
  /** Of times without an offset. */
  zone: string;
  /** What times since the start of a recording count from, in seconds since 1970. */
  start: number | undefined;
}

/** In seconds since 1970; two instants of a local time that occurs twice; or what is wrong. */
export type When = number | { first: number; second: number } | { problem: string };

// The first second of the year 10,000: that one and later ones cannot be stored.
const END_OF_TIMES = 253_402_300_800;

const PLACES: Record<string, number> = { s: 0, ms: 3, us: 6, ns: 9 };

const TIME = String.raw`(?:(?:T|,?\s+)(?<hour>\d{1,2})(?::(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?)?\s*(?<half>[AP]M)?)?`;
const OFFSET = String.raw`\s*(?<offset>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?`;
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WORD = String.raw`(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`;

function pattern(date: string): RegExp {
  return new RegExp(`^${date}${TIME}${OFFSET}$`, "i");
}

const DATES: Record<string, RegExp> = {
  iso: pattern(String.raw`(?<year>\d{4})(?<mark>[-/.])(?<month>\d{1,2})\k<mark>(?<day>\d{1,2})`),
  dmy: pattern(
    String.raw`(?<day>\d{1,2})(?<mark>[-/.]|\s)\s?(?<month>\d{1,2}|${WORD})\k<mark>\s?(?<year>\d{4}|\d{2})`,
  ),
  mdy: pattern(
    String.raw`(?<month>\d{1,2}|${WORD})(?<mark>[-/.]|\s)\s?(?<day>\d{1,2})(?:\k<mark>|,)\s?(?<year>\d{4}|\d{2})`,
  ),
  digits:
    /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?:[T ]?(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)?)?$/,
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  fraction: string;
  hasTime: boolean;
  offset: string | undefined;
}

export class TimeReader {
  private readonly zone: Zone;

  constructor(private readonly options: TimeOptions) {
    this.zone = new Zone(options.zone);
  }

  read(written: string): When {
    const trimmed = written.trim();
    if (trimmed === "") return { problem: text.upload.problems.emptyTime };
    const { start } = this.options;
    const format = this.formatOf(trimmed);
    const when =
      format === "elapsed" || PLACES[format] !== undefined
        ? fromNumber(trimmed, PLACES[format] ?? 0, format === "elapsed" ? start : 0)
        : this.fromDate(trimmed, format);
    return checked(when, trimmed);
  }

  private formatOf(written: string): TimeFormat {
    const { format } = this.options;
    if (format !== "point") return format;
    return NUMBER.test(written) ? "s" : "iso";
  }

  private fromDate(written: string, format: TimeFormat): When {
    const match = DATES[format]?.exec(written);
    if (!match?.groups) return { problem: text.upload.problems.noDate(written, format) };
    const parts = partsOf(match.groups);
    const problem = problemOf(parts, written);
    if (problem) return { problem };
    const local = localOf(parts);
    if (parts.offset !== undefined) {
      return seconds(local - offsetOf(parts.offset), parts.fraction);
    }
    const instant = this.zone.instant(local);
    if ("at" in instant) return seconds(instant.at, parts.fraction);
    if ("first" in instant) {
      return {
        first: seconds(instant.first, parts.fraction),
        second: seconds(instant.second, parts.fraction),
      };
    }
    // A date is the start of its day, even where that is not midnight.
    if (!parts.hasTime) return seconds(instant.skipped, "");
    return { problem: text.upload.problems.skipped(written, this.options.zone) };
  }
}

function fromNumber(written: string, places: number, start: number | undefined): When {
  if (!NUMBER.test(written)) return { problem: text.upload.problems.noNumber(written) };
  if (start === undefined) return { problem: text.upload.problems.noStart };
  const [digits = "", exponent = "0"] = written.toLowerCase().split("e");
  // The decimal point is moved in the text: a division would round twice.
  return start + Number(`${digits}e${Number(exponent) - places}`);
}

function partsOf(groups: Record<string, string | undefined>): Parts {
  const number = (name: string) => Number(groups[name] ?? 0);
  const year = number("year");
  const named = MONTHS.indexOf((groups.month ?? "").slice(0, 3).toLowerCase()) + 1;
  const half = groups.half?.toUpperCase();
  const hour = number("hour");
  return {
    // Two digits are a year of this century, or of the last one.
    year: groups.year?.length === 2 ? year + (year < 70 ? 2000 : 1900) : year,
    month: named || number("month"),
    day: number("day"),
    hour: half ? (hour % 12) + (half === "PM" ? 12 : 0) : hour,
    minute: number("minute"),
    second: number("second"),
    fraction: groups.fraction ?? "",
    hasTime: groups.hour !== undefined,
    offset: groups.offset,
  };
}

function problemOf({ year, month, day, hour, minute, second }: Parts, written: string): string {
  const { problems } = text.upload;
  if (month < 1 || month > 12) return problems.noMonth(written, month);
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (day < 1 || day > days) {
    const date = new Date(Date.UTC(2000, month - 1, 1));
    const name = date.toLocaleDateString("en", { month: "long", timeZone: "UTC" });
    return problems.noDay(written, `${day} ${name}`);
  }
  const isTime = (hour < 24 || (hour === 24 && minute === 0 && second === 0)) && minute < 60;
  return isTime && second < 61 ? "" : problems.noTime(written);
}

/** The local time as if it were one of UTC, in milliseconds. */
function localOf({ year, month, day, hour, minute, second }: Parts): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime();
}

function offsetOf(written: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(written);
  if (!match) return 0;
  const [, sign, hours, minutes] = match;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** Milliseconds and the digits of a fraction of a second, as the nearest number of seconds. */
function seconds(milliseconds: number, fraction: string): number {
  const whole = Math.floor(milliseconds / 1000);
  if (fraction === "") return whole;
  return whole >= 0 ? Number(`${whole}.${fraction}`) : whole + Number(`0.${fraction}`);
}

function checked(when: When, written: string): When {
  if (typeof when === "object" && "problem" in when) return when;
  const t = typeof when === "number" ? when : when.first;
  if (!(Math.abs(t) < END_OF_TIMES)) return { problem: text.upload.problems.tooFar(written) };
  if (t === 0) return { problem: text.upload.problems.zero(written) };
  return when;
}
