// The map, which is loaded the first time that it is shown.

import { type Signal, signal } from "@preact/signals";

type Parts = typeof import("./map.tsx");

interface Loaded {
  parts?: Parts;
  /** Why it was not loaded. */
  error?: unknown;
}

const loaded: Signal<Loaded | undefined> = signal(undefined);

/** Returns the map, and loads it if it is not there yet. */
export function theMap(): Loaded {
  if (!loaded.value || (loaded.peek()?.error && navigator.onLine)) void load();
  return loaded.value ?? {};
}

let isLoading = false;

async function load(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  try {
    loaded.value = { parts: await import("./map.tsx") };
  } catch (error) {
    loaded.value = { error };
  } finally {
    isLoading = false;
  }
}
