// What devices are asked for: the second list of datapoints of a stream that is a downlink.

import { request } from "./http.ts";
import type { Datapoint } from "./objects.ts";

/** The last request to a device. */
export async function lastRequest(path: string): Promise<Datapoint | undefined> {
  const answer = await request("GET", `crud/${path}/data?downlink=true&i1=-1`);
  const [point] = answer as Partial<Datapoint>[];
  return point && { ...point, t: point.t ?? 0, d: point.d ?? null };
}

/** Takes the last request back, if it is still that one. Returns whether it is. */
export async function takeBack(path: string, asked: Datapoint): Promise<boolean> {
  const now = await lastRequest(path);
  if (now?.t !== asked.t || JSON.stringify(now.d) !== JSON.stringify(asked.d)) return false;
  await request("DELETE", `crud/${path}/data?downlink=true&i1=-1`);
  return true;
}
