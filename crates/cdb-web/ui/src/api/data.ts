// Reading and correcting the datapoints of a stream.

import { canonical } from "../data/canonical.ts";
import { request } from "./http.ts";
import { type Datapoint, whole } from "./objects.ts";

/** Names everything in a query that has neither times nor indexes. */
const EVERYTHING = "&i1=0";

// After the end it begins at: no datapoint is read, but the script is.
const NOTHING = "&t1=2&t2=1";

function parametersOf(transform: string, bounds: string): string {
  const script = transform ? `&transform=${encodeURIComponent(transform)}` : "";
  return `${(bounds || EVERYTHING).slice(1)}${script}`;
}

/** The address of what a script gives of a range, below the API. */
export function dataPath(path: string, transform: string, bounds: string): string {
  return `crud/${path}/data?${parametersOf(transform, bounds)}`;
}

/** What a script gives of a range; without a script, the datapoints themselves. */
export async function run(
  path: string,
  transform: string,
  bounds: string,
  signal?: AbortSignal,
): Promise<Datapoint[]> {
  const address = dataPath(path, transform, bounds);
  const answer = (await request("GET", address, undefined, signal)) as Partial<Datapoint>[];
  return answer.map(whole);
}

/** Asks the server whether it understands a script. Throws what it says if it does not. */
export async function check(path: string, transform: string, signal: AbortSignal): Promise<void> {
  await request("GET", dataPath(path, transform, NOTHING), undefined, signal);
}

/** The datapoints from an index to before another one. */
export async function slice(
  path: string,
  first: number,
  end: number,
  signal?: AbortSignal,
): Promise<Datapoint[]> {
  // An end of 0 would be the end of the stream.
  return end <= first ? [] : await run(path, "", `&i1=${first}&i2=${end}`, signal);
}

/** The index of the first datapoint after a time. */
export async function indexAfter(path: string, t: number): Promise<number> {
  return (await request("GET", `crud/${path}/data?q=time2index&t=${t}`)) as number;
}

/**
 * Gives the datapoint with an index another value, if it is still that one. Returns whether it is.
 */
export async function correctAt(
  path: string,
  index: number,
  point: Datapoint,
  d: unknown,
): Promise<boolean> {
  const [now] = await slice(path, index, index + 1);
  if (!now || canonical(now) !== canonical(point)) return false;
  const bounds = `i1=${index}&i2=${index + 1}`;
  await request("PATCH", `crud/${path}/data?${bounds}`, [{ t: point.t, d }]);
  return true;
}
