// The answer to a question that changes while one types.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hasEnded } from "../api/session.ts";

/** How long nothing must have changed before the server is asked, in milliseconds. */
const PAUSE = 200;

export interface Answer<T> {
  /** That of the last question that was answered. */
  value: T | undefined;
  /** Why the last question was not answered. */
  error: unknown;
  isAsking: boolean;
  /** How long the answer took, in milliseconds. */
  took: number;
}

/**
 * Asks when the key has changed, after a pause, and gives up what was asked before. The first time there is
 * no pause. Without a key nothing is asked, and there is no answer.
 */
export function useAnswer<T>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
): Signal<Answer<T>> {
  const nothing = { value: undefined, error: undefined, isAsking: false, took: 0 };
  const answer = useSignal<Answer<T>>(nothing);
  const isFirst = useRef(true);
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    if (key === undefined) {
      answer.value = nothing;
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    const start = async () => {
      const began = performance.now();
      try {
        const value = await asking.current(signal);
        const took = performance.now() - began;
        if (!signal.aborted) answer.value = { value, error: undefined, isAsking: false, took };
      } catch (error) {
        if (signal.aborted || (await hasEnded(error)) || signal.aborted) return;
        answer.value = { ...answer.value, error, isAsking: false };
      }
    };
    answer.value = { ...answer.value, isAsking: true };
    const timer = setTimeout(start, isFirst.current ? 0 : PAUSE);
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, answer]);
  return answer;
}
