// Where numbers are in a picture, and round numbers to mark. No DOM.

/** The numbers from one side of a picture to the other. */
export interface Scale {
  low: number;
  high: number;
  /** Round numbers within them. */
  ticks: number[];
}

/** A scale that says where a number is. */
export interface Place extends Scale {
  (value: number): number;
}

/** The part of all that is left free at each side. */
const MARGIN = 0.05;

/** A scale with some room around numbers. What never changes is in its middle. */
export function scaleOf(min: number, max: number, maxTicks: number): Scale {
  const margin = marginOf(min, max);
  const [low, high] = [min - margin, max + margin];
  return { low, high, ticks: ticks(low, high, maxTicks) };
}

function marginOf(min: number, max: number): number {
  return (max - min) * MARGIN || Math.abs(max) * 0.1 || 1;
}

/** Places the numbers from `low` to `high` between two ends, in pixels, say. */
export function scale(low: number, high: number, from: number, to: number, maxTicks = 4): Place {
  const span = high - low || 1;
  const place = (value: number) => from + ((value - low) / span) * (to - from);
  return Object.assign(place, { ticks: ticks(low, low + span, maxTicks), low, high });
}

/** At most so many steps between round numbers within bounds. */
export function ticks(low: number, high: number, max: number): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const step = roundStep((high - low) / max);
  const from = Math.ceil(low / step - 1e-9);
  const to = Math.floor(high / step + 1e-9);
  // Divided where that is exact: 0.3 rather than 0.30000000000000004. And 0 rather than -0.
  const value = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step) + 0;
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => value(from + i));
}

/** The smallest of 1, 2, 5, 10, 20, 50, … that is not below a number; 1 for what is no positive number. */
export function roundStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((it) => it * power >= rough * (1 - 1e-9)) ?? 10;
  return power < 1 ? step / Math.round(1 / power) : step * power;
}

/** The smallest and the largest of some numbers. */
export function extent(values: number[]): [number, number] {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}

/** The bounds of a picture of numbers, with some room. They contain zero if bars are drawn from there. */
export function bounds(values: number[], withZero: boolean): [number, number] {
  const [low, high] = extent(withZero ? [0, ...values] : values);
  if (!Number.isFinite(low)) return [0, 1];
  const margin = marginOf(low, high);
  if (!withZero) return [low - margin, high + margin];
  return [low < 0 ? low - margin : 0, high > 0 ? high + margin : low < 0 ? 0 : 1];
}
