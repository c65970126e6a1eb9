// Round values, and where values are on a scale. No DOM.

/** Where numbers are in a picture: from a number at one side to one at the other. */
export interface Scale {
  low: number;
  high: number;
  /** Round values to mark. */
  ticks: number[];
}

// The margin above and below, as a part of all.
const MARGIN = 0.05;

/** A scale with some room around numbers. What never changes is in its middle. */
export function scaleOf(min: number, max: number, count: number): Scale {
  const margin = (max - min) * MARGIN || Math.abs(max) * 0.1 || 1;
  const [low, high] = [min - margin, max + margin];
  return { low, high, ticks: roundValues(low, high, count) };
}

/** At most so many round values within bounds. */
export function roundValues(low: number, high: number, count: number): number[] {
  const step = roundStep((high - low) / count);
  if (!(step > 0) || !Number.isFinite(step)) return [];
  const from = Math.ceil(low / step);
  const to = Math.floor(high / step);
  // Divided where that is exact: 0.3 rather than 0.30000000000000004.
  const value = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step) + 0;
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => value(from + i));
}

/** The smallest of 1, 2, 5, 10, 20, 50, … that is not below a number. */
export function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough * 0.999_999);
  return step ?? rough;
}
