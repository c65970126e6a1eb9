// The one query of a view.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { run } from "../api/data.ts";
import type { Datapoint } from "../api/objects.ts";
import { hasEnded } from "../api/session.ts";
import { Turns } from "../data/turns.ts";

/** What a view is drawn from. */
export interface Answer {
  points: Datapoint[] | undefined;
  error: unknown;
  /** Whether something else is being asked for. What is there is shown as old. */
  isAsking: boolean;
}

// Whoever writes every second does not get a query every second: the pause is so many times as long as the
// query took, and at least so many milliseconds.
const PAUSE = 30;
const MIN_PAUSE = 2000;

// Some queries read a whole stream.
const turns = new Turns(2);

/**
 * Asks for what a script gives of a range, unless it is not wanted yet, and again when something was written.
 */
export function useQuery(
  path: string,
  script: string,
  bounds: string,
  version: string,
  isWanted: boolean,
): Signal<Answer> {
  const answer = useSignal<Answer>({ points: undefined, error: undefined, isAsking: false });
  const asked = useSignal({ key: "", at: 0, took: 0 });
  const key = `${path} ${bounds} ${script}`;
  useEffect(() => {
    if (!isWanted) return;
    const abort = new AbortController();
    const isSame = asked.peek().key === key;
    const { at, took } = asked.peek();
    const wait = isSame ? Math.max(at + Math.max(PAUSE * took, MIN_PAUSE) - Date.now(), 0) : 0;
    const timer = setTimeout(async () => {
      let start = Date.now();
      if (!isSame) answer.value = { ...answer.peek(), isAsking: true };
      try {
        const points = await turns.run(() => {
          start = Date.now();
          return run(path, script, bounds, abort.signal);
        }, abort.signal);
        if (abort.signal.aborted) return;
        answer.value = { points, error: undefined, isAsking: false };
      } catch (error) {
        if (abort.signal.aborted || (await hasEnded(error)) || abort.signal.aborted) return;
        answer.value = { ...answer.peek(), error, isAsking: false };
      }
      asked.value = { key, at: start, took: Date.now() - start };
    }, wait);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, version, isWanted, answer, asked, path, script, bounds]);
  return answer;
}
