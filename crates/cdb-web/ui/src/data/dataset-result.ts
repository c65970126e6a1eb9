// The answer to a question, as the page shows it.

import { dataset, merge, type Row } from "../api/queries.ts";
import { columnNames, datasetQuery, MAX_ROWS, type Range, range, rowCount } from "./dataset.ts";
import type { Question } from "./dataset-address.ts";
import { mergeQuery } from "./merge.ts";

export interface ResultColumn {
  /** Its key in the rows. */
  key: string;
  /** Its heading. */
  name: string;
  /** How its values were found. */
  how: string;
}

export interface Result {
  columns: ResultColumn[];
  /** All rows, oldest first. */
  rows: Row[];
  /** Those that are kept. */
  kept: Row[];
  /** Whether there may be more. */
  isCut: boolean;
}

/** What a question lacks, or has too much of. */
export type Problem = "columns" | "x" | "order" | { rows: number };

/** What the server names the values that have rows. */
const X = "x";

/** What the values of a series are called. */
const SERIES = "value";

/** Says why a question cannot be asked; `undefined` if it can. */
export function problemOf(question: Question, now: number): Problem | undefined {
  if (question.shape === "table" && question.every === "value" && !question.x) return "x";
  if (question.columns.length === 0) return "columns";
  const bounds = rangeOf(question, now);
  const rows = rowCount(question, bounds) ?? 1;
  if (bounds.t1 >= bounds.t2 || rows === 0) return "order";
  return question.shape === "table" && rows > MAX_ROWS ? { rows } : undefined;
}

/** The range of a question. A series has every value up to now. */
export function rangeOf(question: Question, now: number): Range {
  return range(question.shape === "series" ? { ...question, every: "value" } : question, now);
}

/** The columns of the answer, in the order of the question. */
function columnsOf(question: Question): ResultColumn[] {
  if (question.shape === "series") return [{ key: SERIES, name: SERIES, how: "closest" }];
  const names = columnNames(question.columns);
  const columns = question.columns.map(({ how }, at) => {
    return { key: names[at] ?? "", name: names[at] ?? "", how };
  });
  if (question.every !== "value") return columns;
  // The name of the stream, unless a column has it.
  const [name = ""] = [question.x.split("/").at(-1), question.x].filter(
    (name) => name && !names.includes(name),
  );
  return [{ key: X, name, how: "closest" }, ...columns];
}

/** Asks the server. What is incomplete comes, too, so that the page can say so. */
export async function ask(question: Question, now: number, signal: AbortSignal): Promise<Result> {
  const bounds = rangeOf(question, now);
  const columns = columnsOf(question);
  if (question.shape === "series") {
    const points = await merge(mergeQuery(question.columns, bounds), signal);
    const rows = points.map(({ t, d }) => ({ t, d: { [SERIES]: d } }));
    return { columns, rows, kept: rows, isCut: rows.length >= MAX_ROWS };
  }
  const rows = await dataset(datasetQuery({ ...question, isComplete: false }, bounds), signal);
  const isKept = (row: Row) => !question.isComplete || isComplete(row, columns);
  return { columns, rows, kept: rows.filter(isKept), isCut: rows.length >= MAX_ROWS };
}

/** Whether a row has a value in each column. */
export function isComplete({ d }: Row, columns: ResultColumn[]): boolean {
  return columns.every(({ key }) => d[key] !== null && d[key] !== undefined);
}
