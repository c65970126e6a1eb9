// The datapoints of a stream by their indexes, of which those that are looked at are asked for.

import { type Signal, signal } from "@preact/signals";
import { slice } from "../api/data.ts";
import type { Datapoint } from "../api/objects.ts";

/** How many are asked for at once. */
const CHUNK = 256;

/** How many of such chunks are kept. */
const MAX_CHUNKS = 40;

type Read = typeof slice;

export class Points {
  /** Counts what came, so that who looks at it is drawn again. */
  readonly version: Signal<number> = signal(0);
  /** Why the last request failed. */
  readonly error: Signal<unknown> = signal(undefined);

  // In the order in which they were looked at.
  private readonly chunks = new Map<number, Datapoint[]>();
  private newest: Datapoint[] = [];
  private newestFrom = 0;
  private readonly asking = new Map<number, AbortController>();
  // What is asked for before and answered after something was changed is not true any more.
  private generation = 0;

  constructor(
    private readonly path: string,
    private readonly read: Read = slice,
  ) {}

  /** The datapoint with an index, if it is here. */
  at(index: number): Datapoint | undefined {
    const held = this.chunks.get(Math.floor(index / CHUNK))?.[index % CHUNK];
    return held ?? this.newest[index - this.newestFrom];
  }

  /**
   * Takes the newest datapoints, oldest first, which somebody has asked for anyway. If they are others than
   * those that are held, somebody has corrected the stream, and all are asked for anew.
   */
  see(newest: Datapoint[], length: number): void {
    const from = length - newest.length;
    const isDifferent = newest.some((point, i) => {
      const held = this.at(from + i);
      return held !== undefined && JSON.stringify(held) !== JSON.stringify(point);
    });
    if (isDifferent) this.forget(0);
    this.newest = newest;
    this.newestFrom = from;
  }

  /** Asks for what is missing from an index to before another one, and for nothing else any more. */
  want(first: number, end: number, length: number): void {
    const wanted = new Set<number>();
    for (let chunk = Math.floor(first / CHUNK); chunk * CHUNK < Math.min(end, length); chunk++) {
      wanted.add(chunk);
    }
    for (const [chunk, abort] of this.asking) if (!wanted.has(chunk)) abort.abort();
    for (const chunk of wanted) {
      const held = this.chunks.get(chunk);
      const isWhole = held && held.length >= Math.min(CHUNK, length - chunk * CHUNK);
      if (held) this.keep(chunk, held);
      if (!isWhole && !this.asking.has(chunk)) void this.ask(chunk);
    }
  }

  /** Forgets the datapoints from an index on, which may be others now. */
  forget(from: number): void {
    this.generation++;
    for (const abort of this.asking.values()) abort.abort();
    this.asking.clear();
    for (const chunk of this.chunks.keys()) {
      if ((chunk + 1) * CHUNK > from) this.chunks.delete(chunk);
    }
    this.newest = [];
    this.version.value++;
  }

  private async ask(chunk: number): Promise<void> {
    const abort = new AbortController();
    const { generation } = this;
    this.asking.set(chunk, abort);
    try {
      const first = chunk * CHUNK;
      const points = await this.read(this.path, first, first + CHUNK, abort.signal);
      if (generation !== this.generation) return;
      this.keep(chunk, points);
      this.error.value = undefined;
    } catch (error) {
      if (!abort.signal.aborted) this.error.value = error;
    } finally {
      if (this.asking.get(chunk) === abort) this.asking.delete(chunk);
      this.version.value++;
    }
  }

  private keep(chunk: number, points: Datapoint[]): void {
    this.chunks.delete(chunk);
    this.chunks.set(chunk, points);
    const [oldest] = this.chunks.keys();
    if (this.chunks.size > MAX_CHUNKS && oldest !== undefined) this.chunks.delete(oldest);
  }
}
