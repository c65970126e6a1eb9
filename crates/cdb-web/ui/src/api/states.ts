// What was on or off, and when.

import type { Range } from "../data/tiles.ts";
import { request } from "./http.ts";
import type { Datapoint } from "./objects.ts";

export interface State {
  t: number;
  d: unknown;
}

/** More changes are not told apart in a picture. */
const MAX_CHANGES = 5000;

/** The state at the beginning of a range, if there is one, and each change within it. */
export async function states(
  path: string,
  { t1, t2 }: Range,
  signal: AbortSignal,
): Promise<State[]> {
  const get = async (query: string) =>
    await request("GET", `crud/${path}/data?${query}`, undefined, signal);
  const changed = `t1=${t1}&t2=${t2}&limit=${MAX_CHANGES}&transform=if%20changed`;
  const [index, changes] = await Promise.all([get(`q=time2index&t=${t1}`), get(changed)]);
  const after = Number(index);
  const before = after > 0 ? await get(`i1=${after - 1}&i2=${after}`) : [];
  const all = [...(before as Partial<Datapoint>[]), ...(changes as Partial<Datapoint>[])];
  return all.map(({ t = 0, d = null }) => ({ t, d }));
}
