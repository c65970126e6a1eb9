// What a person does that asks the server for something, one at a time.

import { type Signal, useSignal } from "@preact/signals";
import { hasEnded } from "../api/session.ts";

export interface Action {
  isBusy: Signal<boolean>;
  /** Why the last one failed. */
  error: Signal<unknown>;
  /** Runs one, unless another is running. Returns whether it was done. */
  run: (work: () => Promise<void>) => Promise<boolean>;
}

/** If the session has ended, the page to log in says so instead of an error. */
export function useAction(): Action {
  const isBusy = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const run = async (work: () => Promise<void>) => {
    if (isBusy.value) return false;
    isBusy.value = true;
    error.value = undefined;
    try {
      await work();
      return true;
    } catch (failure) {
      if (!(await hasEnded(failure))) error.value = failure;
      return false;
    } finally {
      isBusy.value = false;
    }
  };
  return { isBusy, error, run };
}
