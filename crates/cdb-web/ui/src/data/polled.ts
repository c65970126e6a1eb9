// What is asked for again and again while the page is seen.

import { type Signal, useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { hasEnded } from "../api/session.ts";

/** The pause after an answer if something was written meanwhile, in milliseconds. */
const MIN_PAUSE = 300;

export interface Polled<T> {
  value: T | undefined;
  /** Why the last request failed. The value is that of the one before. */
  error: unknown;
  /** When the value came, in seconds since 1970. */
  now: number;
}

export interface Polling<T> {
  polled: Signal<Polled<T>>;
  /** Asks now, after something was changed. */
  refresh: () => void;
}

/**
 * Asks at once, after each interval in milliseconds unless it is infinite, and when the page is seen again. `ask` gets what was
 * answered before; the key says what it asks for. The initial value is shown until the first answer.
 */
export function usePolled<T>(
  ask: (before: T | undefined) => Promise<T>,
  interval: number,
  key: string,
  initial?: T,
): Polling<T> {
  const polled = useSignal<Polled<T>>({ value: initial, error: undefined, now: Date.now() / 1000 });
  const pollNow = useRef(() => {});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let isAsking = false;
    let isAskedAgain = false;
    // What is shown stays until the next answer, which does not depend on it.
    let before: T | undefined;
    const poll = async () => {
      if (isAsking) {
        isAskedAgain = true;
        return;
      }
      clearTimeout(timer);
      isAsking = true;
      isAskedAgain = false;
      try {
        const value = await ask(before);
        before = value;
        if (!isOver) polled.value = { value, error: undefined, now: Date.now() / 1000 };
      } catch (error) {
        if (isOver || (await hasEnded(error)) || isOver) return;
        polled.value = { ...polled.value, error };
      } finally {
        isAsking = false;
      }
      if (isOver) return;
      const next = isAskedAgain ? MIN_PAUSE : interval;
      const isSeen = document.visibilityState === "visible";
      if (isSeen && Number.isFinite(next)) timer = setTimeout(poll, next);
    };
    const seen = () => {
      if (document.visibilityState === "visible") void poll();
    };
    pollNow.current = seen;
    void poll();
    document.addEventListener("visibilitychange", seen);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key]);
  const refresh = useCallback(() => pollNow.current(), []);
  return { polled, refresh };
}
