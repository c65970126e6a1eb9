// The transforms of PipeScript, as the server documents them.

import { request } from "./http.ts";

export interface Transform {
  name: string;
  /** In one line. */
  description: string;
  args: { description: string; optional: boolean }[] | null;
}

let known: Promise<Map<string, Transform>> | undefined;

/** All transforms by name. They are asked for once. */
export function transforms(): Promise<Map<string, Transform>> {
  known ??= request("GET", "meta/transforms").then(
    (answer) => new Map(Object.entries(answer as Record<string, Transform>)),
    (error) => {
      known = undefined;
      throw error;
    },
  );
  return known;
}
