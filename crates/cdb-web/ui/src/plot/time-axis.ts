// The marks of a time axis, at round times of a person's own clock. No DOM.

import { timeFormat } from "../data/formats.ts";
import { roundStep } from "../data/scale.ts";
import type { Range } from "../data/tiles.ts";
import { timeOf, type Wall, wallOf } from "../data/wall.ts";

export interface TimeTick {
  t: number;
  label: string;
  /** It names the larger unit, which changes there. */
  isLarge: boolean;
}

type Unit = "year" | "month" | "day" | "hour" | "minute" | "second";

interface Step {
  unit: Unit;
  count: number;
}

const SECONDS: Record<Unit, number> = {
  year: 365.2425 * 86_400,
  month: 30.44 * 86_400,
  day: 86_400,
  hour: 3600,
  minute: 60,
  second: 1,
};

const STEPS: Step[] = (
  [
    ["second", [1, 2, 5, 10, 15, 30]],
    ["minute", [1, 2, 5, 10, 15, 30]],
    ["hour", [1, 2, 3, 6, 12]],
    ["day", [1, 2, 7, 14]],
    ["month", [1, 2, 3, 6]],
  ] as [Unit, number[]][]
).flatMap(([unit, counts]) => counts.map((count) => ({ unit, count })));

/** The marks within a range, at least `distance` seconds from each other. */
export function timeTicks(
  range: Range,
  distance: number,
  zone: string,
  locale?: string,
): TimeTick[] {
  if (!(distance > 0) || !Number.isFinite(distance) || !isCalendar(range)) return [];
  if (distance <= 0.5) return fractions(range, distance, zone, locale);
  const step = STEPS.find(({ unit, count }) => SECONDS[unit] * count >= distance) ?? {
    unit: "year",
    count: roundStep(distance / SECONDS.year),
  };
  const label = labels(step, zone, locale);
  const ticks: TimeTick[] = [];
  let wall = start(wallOf(range.t1, zone), step);
  // Each is a round time of the clock, so that a change of the clock moves no later one.
  for (;;) {
    const t = timeOf(wall, zone);
    if (t > range.t2) return ticks;
    const before = ticks.at(-1);
    // An hour that the clock skips is none to mark.
    const isSkipped = step.unit === "hour" && wallOf(t, zone).hour % step.count !== 0;
    if (t >= range.t1 && !isSkipped && (!before || t - before.t >= distance * 0.4))
      ticks.push(label(t));
    wall = next(wall, step);
  }
}

// What a calendar has, in seconds.
const MAX_TIME = 8e12;

function isCalendar({ t1, t2 }: Range): boolean {
  return Math.abs(t1) < MAX_TIME && Math.abs(t2) < MAX_TIME;
}

/** The round time at or before one. */
function start(wall: Wall, { unit, count }: Step): Wall {
  const floor = (n: number) => Math.floor(n / count) * count;
  const year = { year: wall.year, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
  switch (unit) {
    case "year":
      return { ...year, year: floor(wall.year) };
    case "month":
      return { ...year, month: floor(wall.month - 1) + 1 };
    case "day":
      return { ...year, month: wall.month, day: startDay(wall, count) };
    case "hour":
      return { ...wall, hour: floor(wall.hour), minute: 0, second: 0 };
    case "minute":
      return { ...wall, minute: floor(wall.minute), second: 0 };
    case "second":
      return { ...wall, second: floor(wall.second) };
  }
}

/** Weeks begin on Mondays; every other day is counted within the month. */
function startDay({ year, month, day }: Wall, count: number): number {
  if (count < 7) return Math.floor((day - 1) / count) * count + 1;
  const days = Math.floor(Date.UTC(year, month - 1, day) / 86_400_000);
  // 1970 began on a Thursday.
  const sinceMonday = (((days + 3) % count) + count) % count;
  return day - sinceMonday;
}

function next(wall: Wall, { unit, count }: Step): Wall {
  const later = { ...wall, [unit]: wall[unit] + count };
  if (unit !== "day" && unit !== "hour" && unit !== "month") return later;
  const utc = new Date(Date.UTC(later.year, later.month - 1, later.day, later.hour));
  const [year, month, day] = [utc.getUTCFullYear(), utc.getUTCMonth() + 1, utc.getUTCDate()];
  // The first of a month is always marked where days are.
  if (unit === "day" && count < 7 && month !== wall.month) return { ...later, year, month, day: 1 };
  return { ...later, year, month, day, hour: utc.getUTCHours() };
}

function labels({ unit }: Step, zone: string, locale?: string): (t: number) => TimeTick {
  const as = (options: Intl.DateTimeFormatOptions) => {
    const format = timeFormat(zone, options, locale);
    return (t: number) => format.format(t * 1000);
  };
  const year = as({ year: "numeric" });
  const month = as({ month: "short" });
  const day = as({ month: "short", day: "numeric" });
  const clock = { hour: "numeric", minute: "2-digit" } as const;
  const time = as(unit === "second" ? { ...clock, second: "2-digit" } : clock);
  return (t) => {
    const wall = wallOf(t, zone);
    const isMidnight = wall.hour === 0 && wall.minute === 0 && wall.second === 0;
    const isNewYear = wall.month === 1 && wall.day === 1;
    switch (unit) {
      case "year":
        return { t, label: year(t), isLarge: false };
      case "month":
        return { t, label: isNewYear ? year(t) : month(t), isLarge: isNewYear };
      case "day":
        if (isNewYear) return { t, label: year(t), isLarge: true };
        return { t, label: day(t), isLarge: wall.day === 1 };
      default:
        return { t, label: isMidnight ? day(t) : time(t), isLarge: isMidnight };
    }
  };
}

/** Parts of a second. */
function fractions(range: Range, distance: number, zone: string, locale?: string): TimeTick[] {
  const step = Math.max(roundStep(distance), 1e-6);
  const digits = Math.min(Math.max(Math.ceil(-Math.log10(step) - 1e-9), 0), 6);
  const clock = { hour: "numeric", minute: "2-digit", second: "2-digit" } as const;
  const format = timeFormat(zone, clock, locale);
  const ticks: TimeTick[] = [];
  const second = Math.floor(range.t1);
  for (let i = Math.ceil((range.t1 - second) / step); second + i * step <= range.t2; i += 1) {
    // Counted from a whole second, at which floats are exact.
    const within = i / Math.round(1 / step);
    const whole = second + Math.floor(within + 1e-9);
    const part = Math.max(within - (whole - second), 0)
      .toFixed(digits)
      .slice(1);
    const isLarge = Number(part) === 0;
    const time = format.format(whole * 1000);
    ticks.push({ t: second + within, label: isLarge ? time : part, isLarge });
  }
  return ticks;
}
