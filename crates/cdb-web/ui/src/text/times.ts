// Times and intervals as people read them.

import { ownZone, wallOf } from "../data/wall.ts";
import { dateFormat, dayOf } from "../data/zone.ts";
import { text } from "./en.ts";

const words = text.times;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = dateFormat({
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const DATES = {
  short: dateFormat({ day: "numeric", month: "short" }),
  long: dateFormat({ day: "numeric", month: "short", year: "numeric" }),
};

/** A time in parts, no more than differ from now. */
export interface Moment {
  /** "Today", "12 Nov", "12 Nov 2025". */
  day: string;
  /** "18:42:03". */
  clock: string;
  /** The milliseconds, ".118"; nothing if there are none. */
  fraction: string;
}

export function moment(t: number, now: number): Moment {
  const date = new Date(t * 1000);
  // What no calendar has.
  if (Number.isNaN(date.getTime())) return { day: `${t} s`, clock: "", fraction: "" };
  const milliseconds = date.getMilliseconds();
  const isThisYear = wallOf(t, ownZone()).year === wallOf(now, ownZone()).year;
  const isToday = dayOf(t) === dayOf(now);
  return {
    day: isToday ? words.today : (isThisYear ? DATES.short : DATES.long)(date),
    clock: clock(date),
    fraction: milliseconds > 0 ? `.${String(milliseconds).padStart(3, "0")}` : "",
  };
}

/** A time to the last digit, for titles: as people and as programs write it. */
export function exact(t: number): string {
  const date = new Date(t * 1000);
  return Number.isNaN(date.getTime()) ? `${t} s` : `${date.toISOString()} · ${t} s`;
}

/** A length of time in its largest unit: "250 ms", "1.5 min", "3 d". */
export function span(seconds: number): string {
  if (seconds < 1) return words.milliseconds(Math.round(seconds * 1000));
  if (seconds < MINUTE) return words.seconds(rounded(seconds));
  if (seconds < HOUR) return words.minutes(rounded(seconds / MINUTE));
  if (seconds < DAY) return words.hours(rounded(seconds / HOUR));
  return words.days(rounded(seconds / DAY));
}

/** How often something comes whose usual interval is so long: "every 10 s", "3 a day", "once a day". */
export function rate(interval: number): string {
  const aDay = Math.round(DAY / interval);
  if (interval > 3 * HOUR && aDay >= 2) return words.timesADay(aDay);
  if (Math.abs(interval - DAY) < HOUR) return words.daily;
  return words.every(span(interval));
}

/** A duration as h:mm:ss. */
export function duration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / HOUR);
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  return `${seconds < 0 ? "−" : ""}${hours}:${two(minutes)}:${two(whole % MINUTE)}`;
}

function rounded(n: number): string {
  return (n < 10 ? Math.round(n * 10) / 10 : Math.round(n)).toLocaleString();
}
