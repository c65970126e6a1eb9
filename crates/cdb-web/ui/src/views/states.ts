// The states of a stream over time, as they fit into a picture. No DOM.

import type { Datapoint } from "../api/objects.ts";

export interface Run {
  from: number;
  to: number;
  state: unknown;
}

/** How long each state lasted: until the next one, and the last one until the end. */
export function runsOf(points: Datapoint[], t1: number, t2: number): Run[] {
  const runs: Run[] = [];
  for (const [i, { t, d }] of points.entries()) {
    const from = Math.max(t, t1);
    const to = Math.min(points[i + 1]?.t ?? t2, t2);
    const before = runs.at(-1);
    if (to <= from) continue;
    if (before && before.to === from && before.state === d) before.to = to;
    else runs.push({ from, to, state: d });
  }
  return runs;
}

/** Joins what is shorter than a pixel, as the state that lasts longest in it. */
export function drawable(runs: Run[], pixel: number): Run[] {
  const drawn: Run[] = [];
  const add = (run: Run) => {
    const before = drawn.at(-1);
    if (before && before.to === run.from && before.state === run.state) before.to = run.to;
    else drawn.push({ ...run });
  };
  // What is shorter than a pixel, since when, and how long each state lasted.
  let from: number | undefined;
  let lengths = new Map<unknown, number>();
  const flush = (to: number) => {
    const [longest] = [...lengths].sort(([, a], [, b]) => b - a);
    if (from !== undefined && longest) add({ from, to, state: longest[0] });
    from = undefined;
    lengths = new Map();
  };
  for (const run of runs) {
    const length = run.to - run.from;
    if (length >= pixel) {
      flush(run.from);
      add(run);
      continue;
    }
    from ??= run.from;
    lengths.set(run.state, (lengths.get(run.state) ?? 0) + length);
    if (run.to - from >= pixel) flush(run.to);
  }
  flush(runs.at(-1)?.to ?? 0);
  return drawn;
}
