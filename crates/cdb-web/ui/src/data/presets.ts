// Ranges of the calendar that one often wants: days, weeks, months and years, as a zone has them. No DOM.

import type { Range } from "./tiles.ts";
import { timeOf, wallOf } from "./wall.ts";
import { weekdayOf } from "./zone.ts";

export const PRESETS = [
  "today",
  "yesterday",
  "thisWeek",
  "lastWeek",
  "thisMonth",
  "lastMonth",
  "thisYear",
  "lastYear",
] as const;

export type Preset = (typeof PRESETS)[number];

const DAY = 86_400_000;

/** From the first moment of a preset to that of what comes after it. Weeks begin on a day from 0, Monday, to 6. */
export function presetRange(preset: Preset, now: number, zone: string, weekStart: number): Range {
  const { year, month, day } = wallOf(now, zone);
  // Days and months beyond their bounds are carried over.
  const at = (year: number, month: number, day: number) =>
    timeOf({ year, month, day, hour: 0, minute: 0, second: 0 }, zone);
  const days = (from: number, to: number): Range => ({
    t1: at(year, month, from),
    t2: at(year, month, to),
  });
  const months = (from: number, to: number): Range => ({
    t1: at(year, from, 1),
    t2: at(year, to, 1),
  });
  const week = day - weekdayOf(Date.UTC(year, month - 1, day) / DAY, weekStart);
  switch (preset) {
    case "today":
      return days(day, day + 1);
    case "yesterday":
      return days(day - 1, day);
    case "thisWeek":
      return days(week, week + 7);
    case "lastWeek":
      return days(week - 7, week);
    case "thisMonth":
      return months(month, month + 1);
    case "lastMonth":
      return months(month - 1, month);
    case "thisYear":
      return months(1, 13);
    case "lastYear":
      return months(-11, 1);
  }
}
