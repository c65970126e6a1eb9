// Where things are in a picture. No DOM.

export interface Scale {
  (value: number): number;
  /** Round values within it. */
  ticks: number[];
  low: number;
  high: number;
}

/** Places the values from `low` to `high` between two ends, in pixels. */
export function scale(low: number, high: number, from: number, to: number, maxTicks = 4): Scale {
  const span = high - low || 1;
  const place = (value: number) => from + ((value - low) / span) * (to - from);
  return Object.assign(place, { ticks: ticks(low, low + span, maxTicks), low, high });
}

/** A few round values within bounds. */
export function ticks(low: number, high: number, max: number): number[] {
  const step = roundStep((high - low) / max);
  const from = Math.ceil(low / step - 1e-9);
  const to = Math.floor(high / step + 1e-9);
  // Divided where that is exact: 0.3 rather than 0.30000000000000004.
  const value = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step);
  return Array.from({ length: to - from + 1 }, (_, i) => value(from + i));
}

/** The smallest round number that is not below another one. */
export function roundStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((it) => it * power >= rough * (1 - 1e-9)) ?? 10;
  return power < 1 ? step / Math.round(1 / power) : step * power;
}

/** The bounds of values, which contain zero if bars are drawn from there. */
export function extent(values: number[], withZero: boolean): [number, number] {
  let [low, high] = withZero ? [0, 0] : [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(low)) return [0, 1];
  const margin = (high - low) * 0.05 || Math.abs(high) * 0.1 || 1;
  return withZero
    ? [low < 0 ? low - margin : 0, high > 0 ? high + margin : low < 0 ? 0 : 1]
    : [low - margin, high + margin];
}
