// Sending the points of a file, each once, however often the connection is lost.
//
// A point that the stream has already is never sent: before anything is sent, and after each request whose answer
// was lost, the points of the file are compared with those of the stream in the same range of time. Points at
// the end name the position at which they begin, so that a request that arrives late is refused. Others are
// sorted in, a batch at a time, each of which is stored as a whole or not at all.

import { isEqual } from "./check.ts";
import { Refused, type StreamApi } from "./csv-http.ts";
import type { Points } from "./csv-order.ts";

// How many points are in a request, and how many characters, beyond which no further one is added.
const MAX_POINTS = 20_000;
const MAX_CHARS = 2_000_000;

const PAGE = 20_000;

// The pauses after a failure, in milliseconds: each is twice as long as the one before.
const FIRST_PAUSE = 250;
const MAX_PAUSE = 5000;

/** The person has stopped it. */
export class Stopped extends Error {}

/** Marks the points that the stream has already, beginning with one and ending before another. */
export async function markThere(
  api: StreamApi,
  points: Points,
  there: Uint8Array,
  from = 0,
  to = points.t.length,
): Promise<void> {
  const [first, last] = [points.t[from], points.t[to - 1]];
  if (first === undefined || last === undefined || (await api.length()) === 0) return;
  const i1 = await api.indexAfter(before(first));
  const i2 = await api.indexAfter(last);
  let at = from;
  for (let page = i1; page < i2; page += PAGE) {
    for (const { t = 0, d = null } of await api.range(page, Math.min(page + PAGE, i2))) {
      while (at < to && (points.t[at] ?? 0) < t) at += 1;
      for (let same = at; same < to && points.t[same] === t; same += 1) {
        if (there[same] || !isSame(points.json[same] ?? "", d)) continue;
        there[same] = 1;
        break;
      }
    }
  }
}

/** The greatest number below another one. */
function before(t: number): number {
  const numbers = new Float64Array([t]);
  const bits = new BigInt64Array(numbers.buffer);
  bits[0] = (bits[0] ?? 0n) + (t > 0 ? -1n : 1n);
  return numbers[0] ?? t;
}

function isSame(json: string, d: unknown): boolean {
  return typeof d === "number" ? Number(json) === d : isEqual(JSON.parse(json), d);
}

export interface Sending {
  api: StreamApi;
  points: Points;
  /** Which points the stream has; those that were sent are marked as well. */
  there: Uint8Array;
  /** Whether points may be added at the end: only the stream's own device may. */
  canAppend: boolean;
  /** The time of the stream's last datapoint. */
  lastT: number | undefined;
  /** Called when points were sent, and when the server cannot be reached. */
  onProgress: (sent: number, isWaiting: boolean) => void;
  /** Called with a point that the server does not take. */
  onRefused: (index: number, reason: string) => void;
  isStopped: () => boolean;
}

/** Sends all points that the stream does not have. */
export async function sendAll(sending: Sending): Promise<void> {
  await new Sender(sending).run();
}

class Sender {
  private sent = 0;
  private end = 0;

  constructor(private readonly sending: Sending) {}

  async run(): Promise<void> {
    const { api, points, there, canAppend, lastT } = this.sending;
    this.end = await api.end();
    const isLate = (t: number) => !canAppend || (lastT !== undefined && t < lastT);
    let at = 0;
    while (at < points.t.length) {
      const batch: number[] = [];
      let chars = 0;
      const late = isLate(points.t[at] ?? 0);
      for (; at < points.t.length && isLate(points.t[at] ?? 0) === late; at += 1) {
        if (batch.length >= MAX_POINTS || chars >= MAX_CHARS) break;
        if (there[at]) continue;
        batch.push(at);
        chars += points.json[at]?.length ?? 0;
      }
      if (batch.length > 0) await this.deliver(batch, late);
    }
  }

  /** Sends a batch until it is stored, or parts of it if the server does not take all of it. */
  private async deliver(batch: number[], isLate: boolean): Promise<void> {
    let [left, late] = [batch, isLate];
    for (let failures = 0; left.length > 0; failures += 1) {
      if (this.sending.isStopped()) throw new Stopped();
      try {
        await this.request(left, late);
        this.done(left);
        return;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (["schema", "malformed", "too_large"].includes(error.kind ?? "")) {
          return await this.deliverParts(left, late, error.message);
        }
        const hasGrown = error.kind === "index" || error.kind === "order";
        if (!hasGrown && !error.isTemporary) throw error;
        if (error.isTemporary) await this.pause(failures);
        left = await this.missing(left);
        // Another program has written what is later.
        if (error.kind === "order") late = true;
      }
    }
  }

  private async request(batch: number[], isLate: boolean): Promise<void> {
    const { api, points } = this.sending;
    const point = (at: number) => `{"t":${points.t[at]},"d":${points.json[at]}}`;
    const body = `[${batch.map(point).join(",")}]`;
    if (isLate) {
      await api.merge(body);
      this.end = await api.end();
    } else {
      await api.append(this.end, body);
      this.end += batch.length;
    }
  }

  /** A batch that is refused has a point that does not fit: it is found by halving. */
  private async deliverParts(batch: number[], isLate: boolean, reason: string): Promise<void> {
    const [only, ...others] = batch;
    if (only !== undefined && others.length === 0) {
      this.sending.onRefused(only, reason);
      return;
    }
    const half = batch.length >> 1;
    await this.deliver(batch.slice(0, half), isLate);
    await this.deliver(batch.slice(half), isLate);
  }

  /** What of a batch the stream does not have, once the server can be asked. */
  private async missing(batch: number[]): Promise<number[]> {
    const { api, points, there, isStopped } = this.sending;
    const [first = 0] = batch;
    const last = batch.at(-1) ?? first;
    for (let failures = 1; ; failures += 1) {
      if (isStopped()) throw new Stopped();
      try {
        this.end = await api.end();
        await markThere(api, points, there, first, last + 1);
        break;
      } catch (error) {
        if (!(error instanceof Refused) || !error.isTemporary) throw error;
        await this.pause(failures);
      }
    }
    this.done(batch.filter((at) => there[at]));
    return batch.filter((at) => !there[at]);
  }

  private done(batch: number[]): void {
    for (const at of batch) this.sending.there[at] = 1;
    this.sent += batch.length;
    this.sending.onProgress(this.sent, false);
  }

  private async pause(failures: number): Promise<void> {
    this.sending.onProgress(this.sent, true);
    const pause = Math.min(FIRST_PAUSE * 2 ** failures, MAX_PAUSE);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
