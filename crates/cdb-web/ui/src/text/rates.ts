// How often something comes, and for how long, as people read it.

import { text } from "./en.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time span with its largest unit: "10 s", "3 d". */
export function span(seconds: number): string {
  if (seconds < 1) return text.spans.milliseconds(Math.round(seconds * 1000));
  if (seconds < MINUTE) return text.spans.seconds(Math.round(seconds));
  if (seconds < HOUR) return text.spans.minutes(Math.round(seconds / MINUTE));
  if (seconds < DAY) return text.spans.hours(Math.round(seconds / HOUR));
  return text.spans.days(Math.round(seconds / DAY));
}

/** How often something comes: "every 10 s", "3 a day". */
export function every(interval: number): string {
  const aDay = DAY / interval;
  return interval > 2 * HOUR && aDay >= 0.9
    ? text.spans.aDay(Math.max(1, Math.round(aDay)))
    : text.spans.every(span(interval));
}
