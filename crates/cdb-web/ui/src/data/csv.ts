// Datapoints as lines of CSV (RFC 4180). No DOM.

import type { Datapoint } from "../api/objects.ts";

const LINE_END = "\r\n";

/** What a spreadsheet takes for a formula when a text begins with it. */
const FORMULA = /^[=+\-@\t\r]/;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Which columns there are. */
export interface Columns {
  /** Whether there are values that are no objects. */
  hasValues: boolean;
  /** The keys of objects. */
  keys: Set<string>;
  hasOrigins: boolean;
}

export function noColumns(): Columns {
  return { hasValues: false, keys: new Set(), hasOrigins: false };
}

function isObject(d: unknown): d is Record<string, unknown> {
  return typeof d === "object" && d !== null && !Array.isArray(d);
}

/** Adds the columns that some datapoints need. */
export function addColumns(columns: Columns, points: Datapoint[]): void {
  for (const { d, o } of points) {
    if (isObject(d)) for (const key in d) columns.keys.add(key);
    else columns.hasValues = true;
    if (o !== undefined) columns.hasOrigins = true;
  }
}

const OTHERS = ["time", "unix", "value", "from"];

/** The first line, with the names of the columns. */
export function head({ hasValues, keys, hasOrigins }: Columns): string {
  const named = [...keys].sort().map((key) => (OTHERS.includes(key) ? `value.${key}` : key));
  const names = ["time", "unix", ...(hasValues ? ["value"] : []), ...named];
  return line([...names, ...(hasOrigins ? ["from"] : [])].map(words));
}

/** The lines of some datapoints. */
export function lines(points: Datapoint[], columns: Columns): string {
  const { hasValues, hasOrigins } = columns;
  // The server has them in no order.
  const keys = [...columns.keys].sort();
  return points
    .map(({ t, d, o = "" }) => {
      const object = isObject(d) ? d : undefined;
      const fields = [time(t), String(t)];
      if (hasValues) fields.push(object ? "" : field(d));
      for (const key of keys) fields.push(field(object?.[key]));
      if (hasOrigins) fields.push(words(o));
      return line(fields);
    })
    .join("");
}

/** Times and values alone, in the two columns that one pastes into a table. */
export function timesAndValues(points: Datapoint[]): string {
  const rows = points.map(({ t, d }) => line([time(t) || String(t), field(d)]));
  return line(["time", "value"]) + rows.join("");
}

function line(fields: string[]): string {
  return fields.join(",") + LINE_END;
}

/** A time as RFC 3339 has it; nothing for one that no calendar has. */
function time(t: number): string {
  const date = new Date(t * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

/** A field: objects and arrays are JSON, and nothing is nothing. */
export function field(d: unknown): string {
  if (d === null || d === undefined) return "";
  if (typeof d === "number" || typeof d === "boolean") return String(d);
  // An empty text is not the same as none.
  if (d === "") return '""';
  return words(typeof d === "string" ? d : JSON.stringify(d));
}

/** A text, which no spreadsheet runs, in quotes where it needs them. */
function words(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
