// What the page of a stream shows.

import { known } from "../../api/known.ts";
import {
  type Datapoint,
  latest,
  newest,
  type Statistics,
  type Stream,
  statistics,
  stream,
} from "../../api/objects.ts";
import { boundsOf, type LookRange } from "../../data/look.ts";
import { timeZone } from "../../data/preferences.ts";
import { parse } from "../../data/schema.ts";
import { unitOf } from "../../data/unit.ts";
import type { About } from "../../views/view.ts";

const NEWEST = 50;

export interface Shown {
  stream: Stream;
  /** The number of all datapoints. */
  length: number;
  /** Of the range. */
  statistics: Statistics;
  /** Of what the script gives of the range. */
  given: Statistics;
  range: LookRange;
  transform: string;
  /** What a request for the range has. */
  bounds: string;
  /** The newest datapoints, oldest first. */
  newest: Datapoint[];
}

export async function ask(
  path: string,
  range: LookRange,
  transform: string,
  before: Shown | undefined,
): Promise<Shown> {
  // Nothing else is asked while nothing is new.
  const [now] = await latest([path]);
  const last = before?.newest.at(-1);
  if (before && now?.length === before.length && now?.last?.t === last?.t) return before;
  const bounds = boundsOf(range, now?.last?.t);
  const [object, all, given, points] = await Promise.all([
    stream(path),
    statistics(path, bounds),
    transform ? known(path, transform, bounds) : undefined,
    newest(path, NEWEST),
  ]);
  return {
    stream: object,
    length: now?.length ?? 0,
    statistics: all,
    given: given ?? all,
    range,
    transform,
    bounds,
    newest: points,
  };
}

/** The first and the last time of the range; `undefined` if nothing was written in it. */
export function timesOf({ statistics, range }: Shown): [number, number] | undefined {
  const { first, last } = statistics;
  if (!first || !last) return undefined;
  return "t1" in range ? [range.t1, range.t2] : [first.t ?? 0, last.t ?? 0];
}

/** What views are told. */
export function aboutOf(path: string, shown: Shown, now: number): About | undefined {
  const times = timesOf(shown);
  if (!times) return undefined;
  const { stream, given, transform, bounds, length, newest } = shown;
  const [t1, t2] = times;
  return {
    path,
    stream,
    schema: parse(stream.schema),
    known: given,
    transform,
    bounds,
    t1,
    t2,
    isPart: bounds !== "",
    zone: timeZone.value,
    unit: transform ? "" : unitOf(stream.datatype),
    now,
    version: `${length} ${newest.at(-1)?.t}`,
  };
}
