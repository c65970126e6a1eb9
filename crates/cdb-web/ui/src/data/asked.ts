// What a device was asked for, and whether it has done so. No DOM.

import type { Datapoint } from "../api/objects.ts";

/** How long an answer may take, in seconds. */
const PATIENCE = 30;

export type Asked =
  /** Nothing was asked, or it was taken back. */
  | { state: "idle" }
  | { state: "asked"; d: unknown; for: number }
  /** The device has written since: after so many seconds, the same value or another one. */
  | { state: "done"; after: number; isSame: boolean }
  | { state: "unanswered"; d: unknown; for: number };

/** How it stands with the last request, given the last value that the device has written. */
export function askedOf(
  request: Datapoint | undefined,
  written: Datapoint | undefined,
  now: number,
): Asked {
  if (!request) return { state: "idle" };
  if (written && written.t >= request.t) {
    const isSame = JSON.stringify(written.d) === JSON.stringify(request.d);
    return { state: "done", after: written.t - request.t, isSame };
  }
  const age = Math.max(0, now - request.t);
  return { state: age < PATIENCE ? "asked" : "unanswered", d: request.d, for: age };
}
