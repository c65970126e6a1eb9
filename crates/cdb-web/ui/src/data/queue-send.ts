// Sends what is kept of a stream, each value once and in order, however often an answer is lost. No DOM.
//
// No two values that are kept of a stream have the same time. Before anything is sent, the server is asked
// which of them it has: so it does not matter how an attempt before has ended. An insert names the position at
// which it expects the stream to end, so that what came late of an attempt is refused.

import type { Kept, Store } from "./queue-store.ts";

/** Why the server has not done something. */
export type Refusal =
  /** The stream has grown. */
  | "race"
  /** A value is not what the stream holds. */
  | "content"
  /** Late values are not taken. */
  | "late"
  /** Anything else. */
  | "other";

export interface Server {
  /** The position at which the stream ends. */
  end(path: string): Promise<number>;
  /** The time of the last datapoint. */
  last(path: string): Promise<number | undefined>;
  /** Those of some values, in the order of time, that the stream has. */
  stored(path: string, kept: Kept[]): Promise<Kept[]>;
  /** Inserts values, if the stream ends at a position. */
  append(path: string, kept: Kept[], end: number): Promise<void>;
  /** Sorts late values in. */
  merge(path: string, kept: Kept[]): Promise<void>;
  /** Deletes a value. */
  remove(path: string, kept: Kept): Promise<void>;
  /** Says what an error of one of these means, and in which words. */
  refusal(error: unknown, isLate: boolean): [Refusal, string];
}

/** The most values in one request. */
export const MAX_POINTS = 100;

/** How often another program may write at the same moment, before this is given up for now. */
const MAX_RACES = 20;

/**
 * Sends what is kept of a stream. Values that are refused stay, with the reason.
 *
 * Fails if the server does not answer, or does not take anything from the caller.
 */
export async function send(path: string, store: Store, server: Server): Promise<void> {
  let most = MAX_POINTS;
  for (let races = 0; races < MAX_RACES; ) {
    const all = await store.all();
    const kept = all.filter((it) => it.path === path && (it.isUndone || it.refused === undefined));
    if (kept.length === 0) return;
    // In this order: what another program writes in between makes the position too small.
    const end = await server.end(path);
    const last = (await server.last(path)) ?? Number.NEGATIVE_INFINITY;
    const waiting = await settle(path, kept, last, store, server);
    const late = waiting.filter(({ t }) => t < last);
    const isLate = late.length > 0;
    // Late ones first: they move the end.
    const next = (isLate ? late : waiting).slice(0, most);
    if (next.length === 0) continue;
    try {
      if (isLate) await server.merge(path, next);
      else await server.append(path, next, end);
      await store.settle(next);
      races = 0;
    } catch (error) {
      const [refusal, words] = server.refusal(error, isLate);
      if (refusal === "race") races++;
      else if (refusal === "content" && next.length > 1) most = Math.ceil(next.length / 2);
      else if (refusal === "content" || refusal === "late") {
        for (const one of next) await store.refuse(one, words);
        most = MAX_POINTS;
      } else throw error;
    }
  }
}

/** Forgets what the server has, deletes there what was taken back, and returns the others. */
async function settle(
  path: string,
  kept: Kept[],
  last: number,
  store: Store,
  server: Server,
): Promise<Kept[]> {
  // What is later than the last one is not there.
  const old = kept.filter(({ t }) => t <= last);
  const stored = old.length > 0 ? await server.stored(path, old) : [];
  for (const one of stored.filter(({ isUndone }) => isUndone)) await server.remove(path, one);
  await store.drop(kept.filter(({ isUndone }) => isUndone));
  if (stored.length > 0) await store.settle(stored);
  const others = new Set(stored);
  return kept.filter((it) => !it.isUndone && !others.has(it));
}
