// A table as a file.

import type { Row } from "../api/queries.ts";
import { field } from "./csv.ts";

/** Rows as CSV: the time as a date and as the seconds since 1970 that it is, and the columns. */
export function csv(names: string[], rows: Row[]): string {
  const lines = rows.map(({ t, d }) => [isoTime(t), t, ...names.map((name) => d[name])]);
  const all = [["time", "t", ...names], ...lines];
  return all.map((line) => `${line.map(field).join(",")}\r\n`).join("");
}

function isoTime(t: number): string | undefined {
  const date = new Date(t * 1000);
  // Times far beyond what a calendar has are datapoints, too.
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
