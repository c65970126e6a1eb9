// Questions about several streams.

import type { DatasetQuery, StreamQuery } from "../data/dataset.ts";
import { request } from "./http.ts";
import type { Datapoint } from "./objects.ts";

export interface Row {
  /** In seconds since 1970. */
  t: number;
  /** The values, by the names of the columns. */
  d: Record<string, unknown>;
}

/** A time of 0, and `null`, are not sent. */
type Sent<T> = Partial<T>[];

/** The rows of a table. */
export async function dataset(query: DatasetQuery, signal: AbortSignal): Promise<Row[]> {
  const rows = (await request("POST", "query/dataset", query, signal)) as Sent<Row>;
  return rows.map(({ t = 0, d = {} }) => ({ t, d }));
}

/** The values of several streams, in the order of their times. */
export async function merge(streams: StreamQuery[], signal: AbortSignal): Promise<Datapoint[]> {
  const points = (await request("POST", "query/merge", streams, signal)) as Sent<Datapoint>;
  return points.map(({ t = 0, d = null }) => ({ t, d }));
}
