// One column against all streams of its user, day by day.

import { ApiError } from "../api/http.ts";
import { dataset, type Row } from "../api/queries.ts";
import { type Correlation, correlation, pairs } from "./correlation.ts";
import { type Column, columnNames, datasetQuery, range, type Table } from "./dataset.ts";
import { hasNumbers, type OwnStream, usualHow } from "./dataset-streams.ts";

/** How many columns are asked for at a time. */
const BATCH = 16;

/** More streams are not asked for: those that were written last come first. */
const MAX_SEARCHED = 400;

export interface Found {
  column: Column;
  stream: OwnStream;
  /** With the same day. */
  same: Correlation;
  /** With the day before. */
  before: Correlation;
}

export interface Search {
  found: Found[];
  /** How many streams were asked for, of how many. */
  done: number;
  all: number;
  /** How many have values that no mean or sum can be made of. */
  failed: number;
}

/** The streams with numbers, but for one. */
export function candidates(streams: OwnStream[], path: string): OwnStream[] {
  const last = (stream: OwnStream) => stream.latest?.last?.t ?? 0;
  return streams
    .filter((it) => it.path !== path && hasNumbers(it) && (it.latest?.length ?? 0) > 0)
    .sort((a, b) => last(b) - last(a))
    .slice(0, MAX_SEARCHED);
}

/**
 * Compares a column with streams, some at a time, and says after each request what was found. There is
 * one request for the column and one for so many streams; if that fails because of a value, there is one for
 * each of them.
 */
export async function compare(
  table: Table,
  target: Column,
  streams: OwnStream[],
  now: number,
  signal: AbortSignal,
  onProgress: (search: Search) => void,
): Promise<void> {
  const ask = async (columns: Column[]) => {
    const days: Table = { ...table, every: "day", columns, isComplete: false };
    const rows = await dataset(datasetQuery(days, range(days, now)), signal);
    return columnNames(columns).map((name) => rows.map(({ d }: Row) => d[name]));
  };
  const [values = []] = await ask([target]);
  const search: Search = { found: [], done: 0, all: streams.length, failed: 0 };
  onProgress(search);
  for (let at = 0; at < streams.length; at += BATCH) {
    const batch = streams.slice(at, at + BATCH);
    const answers = await askEach(batch, ask);
    search.failed += batch.length - answers.length;
    for (const { stream, column, others } of answers) {
      const same = correlation(pairs(values, others));
      const before = correlation(pairs(values, others, 1));
      search.found.push({ column, stream, same, before });
    }
    search.done += batch.length;
    onProgress({ ...search, found: [...search.found] });
  }
}

interface Answer {
  stream: OwnStream;
  column: Column;
  others: unknown[];
}

/** Asks for some streams together, or one by one if one of them spoils it. */
async function askEach(
  batch: OwnStream[],
  ask: (columns: Column[]) => Promise<unknown[][]>,
): Promise<Answer[]> {
  const columns = batch.map((stream) => ({ how: usualHow(stream), path: stream.path }));
  const together = await orNothing(ask(columns));
  if (together) return batch.map((stream, at) => answerOf(stream, columns, together, at));
  const answers: Answer[] = [];
  for (const [at, stream] of batch.entries()) {
    const column = columns[at];
    const alone = column && (await orNothing(ask([column])));
    if (alone) answers.push({ stream, column, others: alone[0] ?? [] });
  }
  return answers;
}

function answerOf(stream: OwnStream, columns: Column[], values: unknown[][], at: number): Answer {
  return { stream, column: columns[at] ?? { how: "", path: "" }, others: values[at] ?? [] };
}

/** The answer, or nothing if the server cannot compute it. */
async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && [400, 403].includes(error.code)) return undefined;
    throw error;
  }
}
