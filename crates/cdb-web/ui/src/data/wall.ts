// The calendar of a time zone.

import { timeFormat } from "./formats.ts";
import { timeZone } from "./preferences.ts";

/** What a clock on the wall shows. The month is from 1 to 12. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const PARTS: Intl.DateTimeFormatOptions = {
  calendar: "gregory",
  numberingSystem: "latn",
  era: "short",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  hourCycle: "h23",
};

/** The zone in which dates are shown. */
export function ownZone(): string {
  return timeZone.value;
}

/** What a clock shows at a time in seconds since 1970. */
export function wallOf(t: number, zone: string): Wall {
  const wall: Record<string, number> = {};
  let isBefore = false;
  for (const { type, value } of timeFormat(zone, PARTS, "en-US").formatToParts(
    Math.floor(t) * 1000,
  )) {
    if (type === "era") isBefore = value.startsWith("B");
    else wall[type] = Number(value);
  }
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = wall;
  return { year: isBefore ? 1 - year : year, month, day, hour, minute, second };
}

/** Seconds since 1970 if the clock were that of UTC. Parts beyond their bounds are carried over. */
function asUtc({ year, month, day, hour, minute, second }: Wall): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date.getTime() / 1000;
}

/** When a clock shows something. What it skips is later; what it shows twice is the first time. */
export function timeOf(wall: Wall, zone: string): number {
  const utc = asUtc(wall);
  const offsetAt = (t: number) => asUtc(wallOf(t, zone)) - Math.floor(t);
  const DAY = 86_400;
  // Those before and after a change of the clock that may be near.
  const offsets = [offsetAt(utc - DAY), offsetAt(utc + DAY)];
  const times = offsets.map((offset) => utc - offset).filter((t) => offsetAt(t) === utc - t);
  return times.length > 0 ? Math.min(...times) : utc - (offsets[0] ?? 0);
}

/** A time as fields for times have it, in a zone: by default that in which dates are shown. */
export function localText(t: number, zone = ownZone()): string {
  const { year, month, day, hour, minute, second } = wallOf(t, zone);
  const [date, clock] = [
    [year, month, day],
    [hour, minute, second],
  ].map((parts) => parts.map((part) => String(part).padStart(2, "0")));
  return `${date?.join("-")}T${clock?.join(":")}`;
}

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?)?$/;

/** The time that a field for times has, in a zone, as above. A date is its midnight. */
export function timeOfLocal(written: string, zone = ownZone()): number | undefined {
  const [, ...parts] = LOCAL.exec(written) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((it) =>
    Number(it ?? 0),
  );
  const whole = Math.floor(second);
  const date = new Date(Date.UTC(year, month - 1, day));
  // 30 February is none.
  if (date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second >= 60)
    return undefined;
  return timeOf({ year, month, day, hour, minute, second: whole }, zone) + (second - whole);
}
