// Numbers, values and ages as people read them.

import { timeZone } from "../data/preferences.ts";
import { text } from "./en.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// From so many days on an age is a date.
const MAX_DAYS = 30;

// How much of a text or an object is shown in a row.
const MAX_CHARS = 60;

/** How long ago a time was, both in seconds since 1970. */
export function age(t: number, now: number): string {
  const seconds = Math.floor(now - t);
  if (seconds < -MINUTE) return text.age.future;
  if (seconds < 1) return text.age.now;
  if (seconds < MINUTE) return text.age.seconds(seconds);
  if (seconds < HOUR) return text.age.minutes(Math.floor(seconds / MINUTE));
  if (seconds < DAY) return text.age.hours(Math.floor(seconds / HOUR));
  if (seconds < MAX_DAYS * DAY) return text.age.days(Math.floor(seconds / DAY));
  return date(t);
}

/** A date, without the time of day. */
export function date(t: number): string {
  return new Date(t * 1000).toLocaleDateString(undefined, {
    timeZone: timeZone.value,
    year: "numeric",
    month: "short",
    day: "numeric",
  });
}

/** A date with the time of day, to the millisecond if the time has one. */
export function dateTime(t: number): string {
  const hasFraction = t % 1 !== 0;
  return new Date(t * 1000).toLocaleString(undefined, {
    timeZone: timeZone.value,
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...(hasFraction ? { fractionalSecondDigits: 3 } : {}),
  });
}

/** A day with its weekday, such as "Friday, November 27". */
export function weekday(date: Date): string {
  return date.toLocaleDateString(undefined, {
    timeZone: timeZone.value,
    weekday: "long",
    month: "long",
    day: "numeric",
  });
}

/** A count, with the separators of the reader's language. */
export function count(n: number): string {
  return n.toLocaleString();
}

/** A size of a file. */
export function bytes(n: number): string {
  const [unit, scale] = n < 1000 ? ["B", 1] : n < 1e6 ? ["kB", 1e3] : ["MB", 1e6];
  const size = n / Number(scale);
  return `${size.toLocaleString(undefined, { maximumFractionDigits: size < 10 ? 1 : 0 })}\u2009${unit}`;
}

/** A number that was computed, to four digits. */
export function derived(n: number): string {
  return withMinus(
    Number(n.toPrecision(4)).toLocaleString(undefined, { maximumFractionDigits: 12 }),
  );
}

/** What is on or off, as it is called everywhere but in JSON. */
export function onOff(d: boolean): string {
  return d ? text.on : text.off;
}

/** A value of a datapoint in one line. */
export function value(d: unknown): string {
  return oneLine(d, MAX_CHARS);
}

/** A value in one line of at most so many characters. */
export function oneLine(d: unknown, maxChars: number): string {
  switch (typeof d) {
    case "number":
      return withMinus(String(d));
    case "string":
      return shortened(d, maxChars);
    case "boolean":
      return onOff(d);
    default:
      return d === null || d === undefined ? text.none : shortened(JSON.stringify(d), maxChars);
  }
}

function shortened(long: string, maxChars: number): string {
  if (long.length <= maxChars) return long;
  const chars = [...long];
  return chars.length > maxChars ? `${chars.slice(0, maxChars - 1).join("")}…` : long;
}

function withMinus(number: string): string {
  return number.replace(/^-/, "−");
}
