// What a part of a stream is drawn from: rows of numbers, each of a column of a plot or of one datapoint.
// No DOM.

import { type Drawable, overlap, type Range } from "./tiles.ts";

/** A number of a stream, and its time. */
export interface Sample {
  t: number;
  d: number;
}

/** What a row has, in this order, as the server sends it. */
const COLUMN = 0;
export const COUNT = 1;
/** The times of the first, smallest, largest and last number. */
export const FIRST_T = 2;
export const LAST_T = 5;
/** These numbers. */
export const FIRST_D = 6;
export const MIN_D = 7;
export const MAX_D = 8;
const LAST_D = 9;
export const MEAN = 10;
/** How many numbers a row has. */
export const STRIDE = 11;

// Where the times of the smallest and of the largest number are.
const MIN_T = 3;
const MAX_T = 4;

/** Rows, in the order of time. */
export class Source implements Drawable {
  private data: Float64Array;
  /** How many rows there are. */
  size: number;
  /** What it has was changed since it was asked for. */
  isStale = false;
  /** It has the newest datapoint, so that later ones belong to it. */
  isOpen = false;

  constructor(
    readonly t1: number,
    public t2: number,
    readonly width: number,
    rows: Float64Array,
    /** How many datapoints there are, with those that are no numbers. */
    public count: number,
  ) {
    this.data = rows;
    this.size = rows.length / STRIDE;
  }

  /** Datapoints themselves, in the order of time. */
  static of({ t1, t2 }: Range, samples: Sample[], count: number): Source {
    const source = new Source(t1, t2, 0, new Float64Array(0), count);
    for (const sample of samples) source.append(0, sample);
    return source;
  }

  /** A number of a row. */
  get(row: number, field: number): number {
    return this.data[row * STRIDE + field] ?? Number.NaN;
  }

  rows(from: number, to: number): Float64Array {
    return this.data.subarray(from * STRIDE, to * STRIDE);
  }

  get lastT(): number | undefined {
    return this.size > 0 ? this.get(this.size - 1, LAST_T) : undefined;
  }

  get lastSample(): Sample | undefined {
    const t = this.lastT;
    return t === undefined ? undefined : { t, d: this.get(this.size - 1, LAST_D) };
  }

  /** The first row that ends after a time. */
  rowAfter(t: number): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.get(middle, LAST_T) > t) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Adds a number that was written after all that are here. */
  fold(sample: Sample): void {
    const { t } = sample;
    if (t <= this.t1 || (t > this.t2 && !this.isOpen)) return;
    const column = this.width === 0 ? 0 : Math.max(Math.ceil((t - this.t1) / this.width) - 1, 0);
    const last = this.size - 1;
    if (this.width > 0 && last >= 0 && this.get(last, COLUMN) >= column) this.merge(last, sample);
    else this.append(column, sample);
    this.count += 1;
    const end = this.width === 0 ? t : this.t1 + (column + 1) * this.width;
    this.t2 = Math.max(this.t2, end);
  }

  private append(column: number, { t, d }: Sample): void {
    const start = this.size * STRIDE;
    if (start === this.data.length) {
      const larger = new Float64Array(start + (64 + (this.size >> 1)) * STRIDE);
      larger.set(this.data);
      this.data = larger;
    }
    this.data.set([column, 1, t, t, t, t, d, d, d, d, d], start);
    this.size += 1;
  }

  private merge(row: number, { t, d }: Sample): void {
    const set = (field: number, value: number) => {
      this.data[row * STRIDE + field] = value;
    };
    const count = this.get(row, COUNT);
    set(COUNT, count + 1);
    set(MEAN, this.get(row, MEAN) + (d - this.get(row, MEAN)) / (count + 1));
    set(LAST_T, t);
    set(LAST_D, d);
    // Of equal ones the first.
    if (d < this.get(row, MIN_D)) {
      set(MIN_T, t);
      set(MIN_D, d);
    }
    if (d > this.get(row, MAX_D)) {
      set(MAX_T, t);
      set(MAX_D, d);
    }
  }
}

// The numbers before the rows of an answer: its bounds, columns, datapoints and rows.
const HEAD = 5;

// In an answer, the fields of all rows stand together: so many numbers of each row.
const FIELDS = [1, 1, 4, 4, 1];

/** Reads an answer to `q=plot` as floats. */
export function sourceOf(floats: Float64Array): Source {
  const [t1 = 0, t2 = 0, columns = 1, count = 0, size = 0] = floats;
  const rows = new Float64Array(size * STRIDE);
  let from = HEAD;
  let field = 0;
  for (const numbers of FIELDS) {
    for (let row = 0; row < size; row += 1) {
      for (let i = 0; i < numbers; i += 1) {
        rows[row * STRIDE + field + i] = floats[from] ?? Number.NaN;
        from += 1;
      }
    }
    field += numbers;
  }
  return new Source(t1, t2, (t2 - t1) / columns, rows, count);
}

/** The number that is drawn of a value, or of a key of it. */
export function drawn(d: unknown, key = ""): number | undefined {
  const value = key === "" ? d : (d as Record<string, unknown> | null)?.[key];
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : undefined;
}

/** About how many numbers are within a range. */
export function countWithin(source: Source, range: Range): number {
  let count = 0;
  for (let row = source.rowAfter(range.t1); row < source.size; row += 1) {
    const [first, last] = [source.get(row, FIRST_T), source.get(row, LAST_T)];
    if (first > range.t2) break;
    const shared = overlap({ t1: first, t2: last }, range);
    const share = last > first ? (shared ? (shared.t2 - shared.t1) / (last - first) : 0) : 1;
    count += source.get(row, COUNT) * share;
  }
  return count;
}
