// A table of several streams: what a person asks for, and the query that it becomes.

import {
  dayIn,
  dayOf,
  firstOfMonth,
  isDay,
  isMoment,
  later,
  midnight,
  monday,
} from "./dataset-time.ts";
import { timeOfLocal } from "./wall.ts";

/** What there is a row for: a step of time, or each value of a stream. */
export type Every = "10min" | "hour" | "day" | "week" | "month" | "value";

export interface Column {
  /** How its value is found: a name of `HOWS`, or a script. */
  how: string;
  /** The path of the stream. */
  path: string;
}

export interface Table {
  every: Every;
  /** The stream whose values have rows, if every value has one. */
  x: string;
  /** A day, or how many days ago, as `90d`. */
  from: string;
  /** A day, which is included, or `now`. */
  to: string;
  zone: string;
  columns: Column[];
  /** Whether rows without a value in some column are left out. */
  isComplete: boolean;
}

/** From the first, exclusive, to the last time, in seconds since 1970. */
export interface Range {
  t1: number;
  t2: number;
}

export interface StreamQuery {
  stream: string;
  t1?: number;
  t2?: number;
  limit?: number;
}

export interface ColumnQuery extends StreamQuery {
  interpolator: string;
}

/** The body of `POST query/dataset`. */
export interface DatasetQuery {
  stream?: string;
  t1: number;
  t2: number;
  limit?: number;
  dt?: number | string;
  zone?: string;
  dataset: Record<string, ColumnQuery>;
  posttransform?: string;
}

/** How long the steps of the clock are, in seconds. Others are steps of the calendar. */
const SECONDS: Partial<Record<Every, number>> = { "10min": 600, hour: 3600 };

/** The shortest length of each step of the calendar, in seconds. */
const CALENDAR = { day: 82_800, week: 601_200, month: 2_415_600 };

/**
 * The interpolators. `mean` and `sum` alone are 0 where there is nothing; as scripts they have no value
 * there, so that a gap is not taken for a zero.
 */
export const HOWS: Record<string, string> = {
  mean: "mean | if last",
  sum: "sum | if last",
  count: "count",
  min: "min | if last",
  max: "max | if last",
  closest: "closest",
  before: "before",
  after: "after",
};

/** These find a value also where the step has none. */
export const NEAR = ["closest", "before", "after"];

/** More rows than these are not asked for: a page is no place for them. */
export const MAX_ROWS = 20_000;

/** Keeps the rows that have a value in each column. */
const COMPLETE = "$";

export function isCalendar(every: Every): every is "day" | "week" | "month" {
  return every in CALENDAR;
}

export function interpolator(how: string): string {
  return HOWS[how] ?? how;
}

/** The day on which the step of a day begins. */
function beginning(every: Every, day: string): string {
  if (every === "month") return firstOfMonth(day);
  return every === "week" ? monday(day) : day;
}

/** The range of a table at some time, of whole steps: what has not ended is not in it. */
export function range({ every, from, to, zone }: Table, now: number): Range {
  const today = dayOf(now, zone);
  const ago = /^(\d+)d$/.exec(from)?.[1];
  const first = ago === undefined ? dayIn(from) : later(today, -Number(ago));
  const start = midnight(beginning(every, first), zone);
  const step = SECONDS[every] ?? 1;
  const end = isCalendar(every) ? midnight(today, zone) : Math.floor(now / step) * step;
  // Steps of the calendar are whole days at least.
  const exact = (text: string) =>
    isMoment(text) && !isCalendar(every) ? timeOfLocal(text, zone) : undefined;
  const isPast = (isDay(to) || isMoment(to)) && dayIn(to) < today;
  const last = exact(to) ?? (isPast ? midnight(later(dayIn(to), 1), zone) : end);
  return { t1: exact(from) ?? start, t2: Math.min(last, end) };
}

/** How many rows a table has at most; `undefined` if that depends on a stream. */
export function rowCount({ every }: Table, { t1, t2 }: Range): number | undefined {
  const step = SECONDS[every] ?? (isCalendar(every) ? CALENDAR[every] : undefined);
  return step === undefined ? undefined : Math.max(0, Math.ceil((t2 - t1) / step));
}

/** The name of each column: the shortest part of its path that no other column has. */
export function columnNames(columns: Column[]): string[] {
  const candidates = columns.map(({ path, how }, at) => {
    const [user, device, name] = path.split("/");
    const full = `${user}/${device}/${name}`;
    // The server names the values that have rows `x`.
    const short = name === "x" ? [] : [name];
    const withHow = how in HOWS ? [`${full} ${how}`] : [];
    return [...short, `${device}/${name}`, full, ...withHow, `${full} ${at + 1}`];
  });
  const counts = new Map<string | undefined, number>();
  for (const name of candidates.flatMap((names) => [...new Set(names)])) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return candidates.map((names) => names.find((name) => counts.get(name) === 1) ?? "");
}

/** The query of a table, with the rows that the table keeps. */
export function datasetQuery(table: Table, { t1, t2 }: Range): DatasetQuery {
  const { every, x, zone, columns, isComplete } = table;
  const names = columnNames(columns);
  const step = SECONDS[every];
  const dataset = Object.fromEntries(
    columns.map((column, at) => [names[at] ?? "", columnQuery(column, step && t1 - step)]),
  );
  const post = isComplete ? { posttransform: COMPLETE } : {};
  if (every === "value") return { stream: x, t1, t2, limit: MAX_ROWS, dataset, ...post };
  if (isCalendar(every)) return { t1, t2, dt: every, zone, dataset, ...post };
  return { t1, t2, dt: step ?? 0, dataset, ...post };
}

/**
 * A column without a start begins some datapoints before the first row, so that there is something before
 * it. What counts or adds begins a step before the first row instead.
 */
function columnQuery({ how, path }: Column, start: number | undefined): ColumnQuery {
  const query = { stream: path, interpolator: interpolator(how) };
  return start === undefined || NEAR.includes(how) ? query : { ...query, t1: Math.max(start, 1) };
}
