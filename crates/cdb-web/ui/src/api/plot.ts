// What plots are drawn from.

import type { Range } from "../data/tiles.ts";
import { drawn, type Sample, Source, sourceOf } from "../data/tiles-source.ts";
import { floats, request } from "./http.ts";
import type { Datapoint } from "./objects.ts";

/** Which numbers of a stream are drawn. */
export interface Numbers {
  path: string;
  /** The key of objects that has them; empty if the values themselves are numbers. */
  key?: string;
  /** A script whose results are drawn in place of the datapoints. */
  transform?: string;
}

function parameters({ key, transform }: Numbers): string {
  const given = { ...(key ? { key } : {}), ...(transform ? { transform } : {}) };
  return Object.entries(given)
    .map(([name, value]) => `&${name}=${encodeURIComponent(value)}`)
    .join("");
}

function bounds({ t1, t2 }: Range): string {
  // An end of 0 would be that of the stream.
  return `&t1=${t1}&t2=${t2 === 0 ? Number.MIN_VALUE : t2}`;
}

/** Columns of a range, or of the whole stream. */
export async function columns(
  numbers: Numbers,
  count: number,
  range: Range | undefined,
  signal: AbortSignal,
): Promise<Source> {
  const query = `q=plot&columns=${count}${range ? bounds(range) : ""}${parameters(numbers)}`;
  return sourceOf(await floats(`crud/${numbers.path}/data?${query}`, signal));
}

/** The index of the first datapoint after a time. */
async function indexAfter(path: string, t: number, signal: AbortSignal): Promise<number> {
  const query = `q=time2index&t=${t}`;
  return (await request("GET", `crud/${path}/data?${query}`, undefined, signal)) as number;
}

/**
 * The datapoints of a range with the one before and the one after it, to which lines are drawn, if there are
 * not too many.
 */
export async function samples(
  numbers: Numbers,
  { t1, t2 }: Range,
  max: number,
  signal: AbortSignal,
): Promise<Source | undefined> {
  const { path, key, transform } = numbers;
  if (transform) return undefined;
  const [first, end] = await Promise.all([
    indexAfter(path, t1, signal),
    indexAfter(path, t2, signal),
  ]);
  if (end - first > max) return undefined;
  const query = `i1=${Math.max(first - 1, 0)}&i2=${end + 1}`;
  const points = (await request(
    "GET",
    `crud/${path}/data?${query}`,
    undefined,
    signal,
  )) as Partial<Datapoint>[];
  const drawable = points.flatMap(({ t = 0, d }): Sample[] => {
    const number = drawn(d, key);
    return number === undefined ? [] : [{ t, d: number }];
  });
  return Source.of({ t1, t2 }, drawable, points.length);
}

/** The number of all datapoints of a stream. */
export async function length(path: string, signal: AbortSignal): Promise<number> {
  return Number(await request("GET", `crud/${path}/data?q=length`, undefined, signal));
}

/** The datapoints of a range. */
export async function datapoints(path: string, range: Range): Promise<Datapoint[]> {
  const points = await request("GET", `crud/${path}/data?${bounds(range).slice(1)}`);
  return (points as Partial<Datapoint>[]).map((point) => ({
    ...point,
    t: point.t ?? 0,
    d: point.d ?? null,
  }));
}

/** Deletes the datapoints of a range, and returns how many there were. */
export async function removeRange(path: string, range: Range): Promise<number> {
  const answer = await request("DELETE", `crud/${path}/data?${bounds(range).slice(1)}`);
  return (answer as { removed: number }).removed;
}

/** Sorts datapoints in by their times. */
export async function putAllBack(path: string, points: Datapoint[]): Promise<void> {
  await request("POST", `crud/${path}/data?q=merge`, points);
}
