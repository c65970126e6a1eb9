// The time zone in which days, weeks and hours are counted: that in which dates are shown.

import { timeZone } from "./preferences.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone);
  if (!known) {
    known = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    formats.set(zone, known);
  }
  return known;
}

/** Returns what writes dates as the language of the browser does, in the zone that a person has chosen last. */
export function dateFormat(options: Intl.DateTimeFormatOptions): (date: Date | number) => string {
  let made: { zone: string; format: Intl.DateTimeFormat } | undefined;
  return (date) => {
    const zone = timeZone.value;
    if (made?.zone !== zone) {
      made = { zone, format: new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone }) };
    }
    return made.format.format(date);
  };
}

/** The number of a day since 1970, in the zone. */
export function dayOf(t: number, zone: string = timeZone.value): number {
  const [year = 0, month = 1, day = 1] = format(zone)
    .format(t * 1000)
    .split("-")
    .map(Number);
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** The day with a number, at midnight in UTC. To be shown with `timeZone: "UTC"`. */
export function dateOf(day: number): Date {
  return new Date(day * 86_400_000);
}

/** A Monday: 5 January 1970. */
export const MONDAY = 4;

/** The place of a day in its week, from 0. Weeks begin on a day from 0, Monday, to 6. */
export function weekdayOf(day: number, weekStart = 0): number {
  return (((day - MONDAY - weekStart) % 7) + 7) % 7;
}
