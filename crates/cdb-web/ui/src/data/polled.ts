// What is asked for again and again while the page is seen.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError } from "../api/http.ts";
import { hasEnded } from "../api/session.ts";

export interface Polled<T> {
  value: T | undefined;
  /** Why the last request failed. The value is that of the one before. */
  error: ApiError | undefined;
  /** When the value came, in seconds since 1970. */
  now: number;
}

/**
 * Asks at once, after each interval in milliseconds, and when the page is seen again. `ask` gets what was
 * answered before; the key says what it asks for.
 */
export function usePolled<T>(
  ask: (before: T | undefined) => Promise<T>,
  interval: number,
  key: string,
): Signal<Polled<T>> {
  const polled = useSignal<Polled<T>>({ value: undefined, error: undefined, now: 0 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    polled.value = { value: undefined, error: undefined, now: 0 };
    const poll = async () => {
      clearTimeout(timer);
      try {
        const value = await ask(polled.value.value);
        if (!isOver) polled.value = { value, error: undefined, now: Date.now() / 1000 };
      } catch (error) {
        if (isOver || (await hasEnded(error))) return;
        if (!(error instanceof ApiError)) throw error;
        polled.value = { ...polled.value, error };
      }
      if (!isOver && document.visibilityState === "visible") timer = setTimeout(poll, interval);
    };
    const seen = () => {
      if (document.visibilityState === "visible") void poll();
    };
    void poll();
    document.addEventListener("visibilitychange", seen);
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key]);
  return polled;
}
