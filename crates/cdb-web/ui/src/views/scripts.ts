// Scripts that several views have. `while(day==next:day, …)` would count the last datapoint of a day to the
// next one.

import { quoted } from "../data/script.ts";

/** What a script comes to in each day, stamped with the last datapoint of the day. */
export function daily(script: string, zone: string): string {
  return `while(not day(${quoted(zone)}):changed, ${script})`;
}

export function hourly(script: string, zone: string): string {
  return `while(not hour(${quoted(zone)}):changed, ${script})`;
}

/** An element of an object. */
export function element(key: string): string {
  return `$(${quoted(key)})`;
}
