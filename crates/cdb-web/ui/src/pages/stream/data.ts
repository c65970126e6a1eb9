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

/** The times of the first and the last datapoint of the range; `undefined` if there is none. */
export function timesOf({ statistics }: Shown): [number, number] | undefined {
  const { first, last } = statistics;
  return first && last ? [first.t ?? 0, last.t ?? 0] : undefined;
}

/** When a range begins and ends in which there are such times. */
function endsOf(range: LookRange, [first, last]: [number, number]): [number, number] {
  if ("t1" in range) return [range.t1, range.t2];
  return range.seconds === undefined ? [first, last] : [last - range.seconds, last];
}

/** What views are told. */
export function aboutOf(path: string, shown: Shown, now: number): About | undefined {
  const times = timesOf(shown);
  if (!times) return undefined;
  const { stream, given, range, transform, bounds, length, newest } = shown;
  const [t1, t2] = endsOf(range, times);
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
