// Days of a time zone: where they begin, and which one a time belongs to.

import { timeOfLocal } from "./wall.ts";

const MINUTE = 60;
const DAY = 86_400;

/** The time zone of the browser. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Formats are expensive to make, and a table has thousands of rows. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(zone, format);
  return format;
}

/** Whether the browser knows a time zone. */
export function isZone(zone: string): boolean {
  try {
    formatIn(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show, as if it were UTC. */
function clock(t: number, zone: string): number {
  const parts = formatIn(zone).formatToParts(t * 1000);
  const part = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const date = Date.UTC(part("year"), part("month") - 1, part("day"));
  return date / 1000 + part("hour") * 3600 + part("minute") * MINUTE + part("second");
}

/** The day of a time in a zone, as `2026-11-27`. */
export function dayOf(t: number, zone: string): string {
  return new Date(clock(t, zone) * 1000).toISOString().slice(0, 10);
}

/** A day some days later, or before. */
export function later(day: string, days: number): string {
  return new Date((Date.parse(day) / 1000 + days * DAY) * 1000).toISOString().slice(0, 10);
}

/** The first day of a day's month. */
export function firstOfMonth(day: string): string {
  return `${day.slice(0, 8)}01`;
}

/** Whether a text is a day of the calendar, since 1970. */
export function isDay(day: string): boolean {
  const isShaped = /^\d{4}-\d{2}-\d{2}$/.test(day);
  return isShaped && Date.parse(day) >= 0 && later(day, 0) === day;
}

/** Whether a text is a time of a day, as fields for times have it. */
export function isMoment(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T/.test(text) && isDay(dayIn(text)) && timeOfLocal(text) !== undefined;
}

/** The day of a moment, or the day itself. */
export function dayIn(text: string): string {
  return text.slice(0, 10);
}

/** The Monday of a day's week, which may be that day. The server counts weeks from Mondays, whatever is chosen. */
export function monday(day: string): string {
  return later(day, -((new Date(day).getUTCDay() + 6) % 7));
}

/**
 * When a day begins in a zone, in seconds since 1970. Where the clock skips midnight, it is the first moment
 * of the day.
 */
export function midnight(day: string, zone: string): number {
  const wanted = Date.parse(day) / 1000;
  // The offset of the zone a day before and a day after: between them it changes once at most.
  const offsets = [-DAY, DAY].map((from) => clock(wanted + from, zone) - (wanted + from));
  const times = offsets.map((offset) => wanted - offset);
  const exact = times.filter((t) => clock(t, zone) === wanted);
  return exact.length > 0 ? Math.min(...exact) : skipped(day, zone, Math.min(...times));
}

/** The first minute of a day without a midnight. */
function skipped(day: string, zone: string, from: number): number {
  let t = from;
  while (dayOf(t, zone) < day) t += MINUTE;
  while (dayOf(t - MINUTE, zone) >= day) t -= MINUTE;
  return t;
}
