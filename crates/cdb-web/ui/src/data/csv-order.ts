// The rows that can be stored, in the order of their times.

import type { Good } from "./csv-read.ts";

/** Datapoints in the order of time. */
export interface Points {
  rows: Uint32Array;
  t: Float64Array;
  json: string[];
}

export interface Ordered {
  points: Points;
  order: "ascending" | "descending" | "none";
  /** Whether some local times occur twice, and were told apart by the order of the rows. */
  isTold: boolean;
  /** Rows whose local times occur twice, where no order says which is meant. */
  unclear: number[];
}

/**
 * Puts rows in order. When clocks are set back, a local time occurs twice; which one is meant follows from the
 * order of the file, which is known at its end only. So both are kept until then.
 */
export class Ordering {
  private readonly rows: number[] = [];
  private readonly json: string[] = [];
  private readonly up = new Direction((t, before) => t < before);
  private readonly down = new Direction((t, before) => t > before);
  private readonly repeated: number[] = [];
  private hasSecond = false;
  // A thermometer has few different values: each is kept once.
  private readonly texts = new Map<string, string>();

  push({ row, when, json }: Good): void {
    this.rows.push(row);
    this.json.push(this.once(json));
    if (typeof when === "number") {
      this.up.push(when);
      this.down.push(when);
      return;
    }
    this.repeated.push(this.rows.length - 1);
    const isSecond = this.up.last !== undefined && when.first <= this.up.last;
    const isFirst = this.down.last !== undefined && this.down.last <= when.second;
    this.hasSecond ||= isSecond;
    this.up.push(isSecond ? when.second : when.first);
    this.down.push(isFirst ? when.first : when.second);
  }

  finish(): Ordered {
    const order = this.up.isBroken ? (this.down.isBroken ? "none" : "descending") : "ascending";
    const isEither = !this.up.isBroken && !this.down.isBroken && this.hasSecond;
    const isUnclear = order === "none" || isEither;
    const left = new Set(isUnclear ? this.repeated : []);
    const unclear = [...left].flatMap((at) => this.rows[at] ?? []);
    const times = order === "descending" ? this.down.times : this.up.times;
    const kept = times.map((_, at) => at).filter((at) => !left.has(at));
    if (order === "descending") kept.reverse();
    // Stable: rows of one time stay as they are.
    if (order === "none") kept.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
    const points = {
      rows: Uint32Array.from(kept, (at) => this.rows[at] ?? 0),
      t: Float64Array.from(kept, (at) => times[at] ?? 0),
      json: kept.map((at) => this.json[at] ?? "null"),
    };
    return { points, order, isTold: !isUnclear && this.repeated.length > 0, unclear };
  }

  private once(json: string): string {
    const known = this.texts.get(json);
    if (known !== undefined) return known;
    if (this.texts.size < 100_000) this.texts.set(json, json);
    return json;
  }
}

/** The times, read for one order. */
class Direction {
  readonly times: number[] = [];
  isBroken = false;
  last: number | undefined;

  constructor(private readonly breaks: (t: number, before: number) => boolean) {}

  push(t: number): void {
    if (this.last !== undefined && this.breaks(t, this.last)) this.isBroken = true;
    this.last = t;
    this.times.push(t);
  }
}
