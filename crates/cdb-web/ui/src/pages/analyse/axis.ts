// Scales of plots. No DOM.

export interface Axis {
  ticks: number[];
  /** Where a value is, from 0 to 1. */
  at: (value: number) => number;
}

/** The smallest and the largest of some numbers. */
export function extent(values: number[]): [number, number] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}

/** An axis from a little below the smallest value to a little above the largest, with some round values. */
export function axis(values: number[], count: number): Axis {
  const [min, max] = extent(values);
  // What never changes is in the middle.
  const margin = (max - min) * 0.05 || Math.abs(max) * 0.1 || 1;
  const [low, high] = [min - margin, max + margin];
  return { ticks: round(low, high, count), at: (value) => (value - low) / (high - low) };
}

/** About so many round values within bounds. */
export function round(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((it) => it * power).find((it) => it >= rough) ?? rough;
  const from = Math.ceil(low / step);
  const to = Math.floor(high / step);
  // Divided where that is exact: 0.3 rather than 0.30000000000000004.
  const value = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step);
  return Array.from({ length: to - from + 1 }, (_, i) => value(from + i));
}

/** A number on an axis, short: 5 k for 5000. */
export function short(value: number): string {
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  const [unit, name] = UNITS.find(([unit]) => size >= unit) ?? [1, ""];
  const digits = Number((size / unit).toPrecision(4)).toLocaleString();
  return sign + digits + (name && `\u2009${name}`);
}

const UNITS: [number, string][] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
