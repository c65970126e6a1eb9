// What is drawn of a plot, in units of its picture. No DOM.

import type { Plot } from "../api/objects.ts";
import { extent, scaleOf } from "../data/scale.ts";

export interface Shape {
  /** The points of each line; between two lines there are no data. */
  lines: [number, number][][];
  /** Where the last number is. */
  end: [number, number];
  /** The horizontal lines: the value, and where it is. */
  ticks: { value: number; y: number }[];
}

// A line is not drawn across so many usual distances without data.
const GAP = 5;

const MAX_TICKS = 5;

/** Fits a plot into a picture. Returns `undefined` for one without numbers. */
export function shape(plot: Plot, width: number, height: number): Shape | undefined {
  const points = plot.t.flatMap((t, column) => ordered(t, plot.d[column] ?? []));
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return undefined;
  const values = points.map(([, d]) => d);
  const { low, high, ticks } = scaleOf(...extent(values), MAX_TICKS);
  const span = last[0] - first[0] || 1;
  const x = (t: number) => ((t - first[0]) / span) * width;
  const y = (d: number) => height - ((d - low) / (high - low)) * height;
  const distances = points.slice(1).map(([t], i) => t - (points[i]?.[0] ?? t));
  const usual = distances.filter((it) => it > 0).sort((a, b) => a - b);
  const gap = Math.max((usual[usual.length >> 1] ?? 0) * GAP, (span / Math.max(width, 1)) * GAP);
  const lines: [number, number][][] = [];
  let before: number | undefined;
  for (const [t, d] of points) {
    if (before === undefined || t - before > gap) lines.push([]);
    lines.at(-1)?.push([x(t), y(d)]);
    before = t;
  }
  const marks = ticks.map((value) => ({ value, y: y(value) }));
  return { lines, end: [x(last[0]), y(last[1])], ticks: marks };
}

/** The first, smallest, largest and last point of a column, in the order of time and without doubles. */
function ordered(t: number[], d: number[]): [number, number][] {
  const points = t.map((time, i): [number, number] => [time, d[i] ?? Number.NaN]);
  points.sort(([a], [b]) => a - b);
  return points.filter(([time, value], i) => {
    const before = points[i - 1];
    return !before || before[0] !== time || before[1] !== value;
  });
}
