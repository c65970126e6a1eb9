// The last values of streams, kept up to date: of all now and then, of those that are seen at once.

import { useRef } from "preact/hooks";
import { type Latest, latest } from "../api/objects.ts";
import { useLive } from "./live.ts";
import { usePolled } from "./polled.ts";

/** Of more streams, all are asked for less often. */
const LARGE = 500;
const INTERVAL = 5000;
const LARGE_INTERVAL = 60_000;

// Of more that are seen, new values come with the next answer.
const MAX_LIVE = 100;

export interface LatestOf {
  /** By path. What was deleted meanwhile may still be in it. */
  known: Map<string, Latest>;
  /** Grows whenever something in it changes. */
  version: number;
  error: unknown;
  now: number;
  refresh: () => void;
}

/** The last values of all streams of a user or a device, of which there are so many, and of which some are seen. */
export function useLatest(scope: string, count: number, seen: string[]): LatestOf {
  const known = useRef(new Map<string, Latest>());
  const version = useRef(0);
  const ask = async (paths: string[]) => {
    if (paths.length === 0) return;
    for (const entry of await latest(paths)) known.current.set(entry.stream, entry);
    version.current++;
  };
  const isLarge = count > LARGE;
  const all = usePolled(
    () => ask([scope]),
    isLarge ? LARGE_INTERVAL : INTERVAL,
    `${scope} ${isLarge}`,
  );
  const few = isLarge ? seen : [];
  const some = usePolled(() => ask(few), INTERVAL, few.join(" "));
  useLive(seen.slice(0, MAX_LIVE), isLarge ? some.refresh : all.refresh);
  const error = all.polled.value.error ?? some.polled.value.error;
  return {
    known: known.current,
    version: version.current,
    error,
    now: Math.max(all.polled.value.now, some.polled.value.now),
    refresh: all.refresh,
  };
}
