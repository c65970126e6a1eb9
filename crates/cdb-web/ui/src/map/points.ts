// The points of a track, of which there are never too many.

import { request } from "../api/http.ts";
import type { Datapoint } from "../api/objects.ts";
import { type Position, positions } from "./track.ts";

/** More are not told apart on a map. */
const MAX_POINTS = 2000;

export interface Track {
  positions: Position[];
  /** How many datapoints there are, of which every `each`-th is shown, and the last. */
  count: number;
  each: number;
}

/** What is asked for of a stream: a script, and the parameters of a range, such as `&t1=0&t2=5`. */
function query(path: string, script: string, range: string): string {
  const bounds = range || "&t1=0";
  const transform = script === "" ? "" : `&transform=${encodeURIComponent(script)}`;
  return `crud/${path}/data?${(bounds + transform).slice(1)}`;
}

function joined(...scripts: string[]): string {
  return scripts.filter(Boolean).join(" | ");
}

/** Returns the places in a range of a stream, after a script. Of many, the server sends every few. */
export async function track(path: string, transform: string, range: string): Promise<Track> {
  const ask = async (script: string) =>
    (await request("GET", query(path, script, range))) as Datapoint[];
  const [counted] = await ask(joined(transform, "count | if last"));
  const count = typeof counted?.d === "number" ? counted.d : 0;
  const each = Math.max(Math.ceil(count / MAX_POINTS), 1);
  const thinned = each === 1 ? transform : joined(transform, `if i%${each}==0 or last`);
  const points = (await ask(thinned)).map((point) => ({ ...point, t: point.t ?? 0 }));
  return { positions: positions(points), count, each };
}
