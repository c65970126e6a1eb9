// Requests that are given up when nobody wants their answers any more.

import { ApiError } from "../api/http.ts";
import { hasEnded } from "../api/session.ts";
import type { Sample } from "./tiles-source.ts";

interface Waiting {
  controller: AbortController;
  /** What was written since it was sent. */
  missed: Sample[];
}

// After a failure it is asked again after these pauses, in milliseconds.
const MIN_PAUSE = 1000;
const MAX_PAUSE = 30_000;

export class Requests {
  private readonly waiting = new Map<string, Waiting>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = MIN_PAUSE;

  constructor(
    private readonly fail: (error: unknown) => void,
    /** Is called when what has failed may be asked for again. */
    private readonly again: () => void,
  ) {}

  /** Gives all up. */
  close(): void {
    clearTimeout(this.timer);
    this.abort(() => true);
  }

  /** Sends a request unless one of the same name is waiting. `done` also gets what was written meanwhile. */
  start<T>(
    name: string,
    load: (signal: AbortSignal) => Promise<T>,
    done: (answer: T, missed: Sample[]) => void,
  ): void {
    if (this.waiting.has(name)) return;
    const request = { controller: new AbortController(), missed: [] };
    this.waiting.set(name, request);
    void this.run(name, request, load, done);
  }

  /** Gives those up whose names are not wanted. */
  abort(isUnwanted: (name: string) => boolean): void {
    for (const [name, { controller }] of this.waiting) {
      if (!isUnwanted(name)) continue;
      this.waiting.delete(name);
      controller.abort();
    }
  }

  /** Something was written that answers may have or not. */
  missed(samples: Sample[]): void {
    for (const { missed } of this.waiting.values()) missed.push(...samples);
  }

  private async run<T>(
    name: string,
    request: Waiting,
    load: (signal: AbortSignal) => Promise<T>,
    done: (answer: T, missed: Sample[]) => void,
  ): Promise<void> {
    const { signal } = request.controller;
    try {
      const answer = await load(signal);
      if (signal.aborted) return;
      this.waiting.delete(name);
      this.pause = MIN_PAUSE;
      done(answer, request.missed);
    } catch (error) {
      if (signal.aborted) return;
      this.waiting.delete(name);
      if ((await hasEnded(error)) || signal.aborted) return;
      this.fail(error);
      if (!isTemporary(error)) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(this.again, this.pause);
      this.pause = Math.min(2 * this.pause, MAX_PAUSE);
    }
  }
}

/** Whether the same request may succeed later: the server is not reached, busy, or in trouble. */
function isTemporary(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 0 || error.code >= 429);
}
