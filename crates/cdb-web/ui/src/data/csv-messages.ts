// What the page and the worker that reads its file tell each other.

import type { Plot } from "../api/objects.ts";
import type { Plan } from "./csv-plan.ts";
import type { Bad } from "./csv-read.ts";
import type { Schema } from "./schema.ts";

/** The stream that is written to, if it exists. */
export interface Target {
  path: string;
  schema: Schema;
  /** Whether it belongs to the device of the session, which alone may add points at the end. */
  canAppend: boolean;
}

export type ToWorker =
  /** Local times are those of a zone, unless one says otherwise. */
  | { type: "open"; file: Blob; zone: string }
  /** The rows are to be split in another way, so that the columns are looked at again. */
  | { type: "split"; plan: Plan }
  | { type: "check"; plan: Plan; target: Target | undefined }
  | { type: "write"; target: Target }
  | { type: "stop" };

export interface PreviewRow {
  row: number;
  cells: string[];
  /** In seconds since 1970. */
  t: number | undefined;
  json: string | undefined;
  problem: string | undefined;
}

/** What a dry run has found. */
export interface Result {
  good: number;
  /** How many points the stream has already. */
  there: number;
  /** How many are older than the last one of the stream. */
  late: number;
  bad: number;
  /** The first rows that are refused. */
  refused: Bad[];
  /** Rows without a value. */
  empty: number;
  first: number | undefined;
  last: number | undefined;
  order: "ascending" | "descending" | "none";
  /** Whether local times that occur twice were told apart. */
  isTold: boolean;
  /** Whether the rows have no times. */
  isNow: boolean;
  plot: Plot | undefined;
  /** Where refused rows are among the others, in seconds since 1970. */
  marks: number[];
  /** How long it took, in seconds. */
  seconds: number;
}

export type FromWorker =
  | { type: "opened"; plan: Plan; size: number }
  | { type: "preview"; rows: PreviewRow[] }
  /** How much of the file was checked, or how many points were sent. */
  | { type: "progress"; done: number; all: number; isWaiting: boolean }
  | { type: "checked"; result: Result }
  | { type: "written"; sent: number; refused: Bad[]; isStopped: boolean }
  | { type: "failed"; message: string; reference: string | undefined };
