// States over time, as spans. No DOM.

import type { State } from "../../api/states.ts";
import type { Range } from "../../data/tiles.ts";

export interface Span {
  t1: number;
  t2: number;
  d: unknown;
}

/**
 * The spans of some states within a range. The last one goes on, but not beyond the end of what is known.
 * States that are equal are one.
 */
export function spansOf(states: State[], { t1, t2 }: Range, end: number): Span[] {
  const spans: Span[] = [];
  for (const [at, { t, d }] of states.entries()) {
    const until = states[at + 1]?.t ?? end;
    const [from, to] = [Math.max(t, t1), Math.min(until, t2)];
    const last = spans.at(-1);
    if (to <= from) continue;
    if (last && last.d === d && last.t2 === from) last.t2 = to;
    else spans.push({ t1: from, t2: to, d });
  }
  return spans;
}

/** The state at a time: that of the last one before; `undefined` before the first. */
export function stateAt(states: State[], t: number): State | undefined {
  return states.filter((state) => state.t <= t).at(-1);
}

/** The next change in a direction, of several streams. */
export function nextChange(all: State[][], t: number, isForward: boolean): number | undefined {
  const times = all.flat().map((state) => state.t);
  return isForward ? smallest(times.filter((it) => it > t)) : largest(times.filter((it) => it < t));
}

function smallest(all: number[]): number | undefined {
  return all.length > 0 ? all.reduce((a, b) => Math.min(a, b)) : undefined;
}

function largest(all: number[]): number | undefined {
  return all.length > 0 ? all.reduce((a, b) => Math.max(a, b)) : undefined;
}
