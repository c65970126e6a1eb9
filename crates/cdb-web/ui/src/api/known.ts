// What the server knows of a stream, or of what a script gives of it.

import { request } from "./http.ts";
import { type Plot, type Statistics, statistics } from "./objects.ts";

/**
 * What a script gives. Of that the server only knows how many datapoints there are, and what its numbers come
 * to.
 */
async function given(path: string, transform: string, bounds: string): Promise<Statistics> {
  const script = encodeURIComponent(transform);
  const address = `crud/${path}/data?q=plot&columns=1${bounds}&transform=${script}`;
  const answer = (await request("GET", address)) as Plot & { n: number[]; mean: number[] };
  const { count, n, d, mean } = answer;
  const [[, min = 0, max = 0] = []] = d;
  const numbers = { count: n[0] ?? 0, min, max, mean: mean[0] ?? 0 };
  return { count, first: null, last: null, keys: n[0] ? { "": { number: numbers } } : {} };
}

/** What there is in a range, after a script if there is one. */
export async function known(path: string, transform: string, bounds: string): Promise<Statistics> {
  return transform ? await given(path, transform, bounds) : await statistics(path, bounds);
}
