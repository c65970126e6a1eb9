// Whether the server understands a script, asked while it is typed.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { check } from "../api/data.ts";
import { ApiError } from "../api/http.ts";
import { type ScriptError, scriptError } from "./script.ts";

/** The pause in typing after which the server is asked, in milliseconds. */
const PAUSE = 250;

export interface Checked {
  /** The script that was checked last; `undefined` before the first answer. */
  script: string | undefined;
  error: ScriptError | undefined;
}

/** What the server says of a script; `undefined` if it understands it. */
export async function errorOf(
  path: string,
  script: string,
  signal: AbortSignal,
): Promise<ScriptError | undefined> {
  if (!script.trim()) return undefined;
  try {
    await check(path, script, signal);
    return undefined;
  } catch (error) {
    // What does not come from the script is said where the datapoints are asked for.
    const isAbout = error instanceof ApiError && (error.code === 403 || error.code === 400);
    if (!isAbout || !error.message.startsWith("Script ")) throw error;
    return scriptError(error.message, script);
  }
}

/** Checks a script whenever it has changed, and nobody types. */
export function useChecked(path: string, script: string, pause = PAUSE): Signal<Checked> {
  const checked = useSignal<Checked>({ script: undefined, error: undefined });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const error = await errorOf(path, script, abort.signal);
        if (!abort.signal.aborted) checked.value = { script, error };
      } catch {
        // It is checked again when it is used.
      }
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, script, pause, checked]);
  return checked;
}
