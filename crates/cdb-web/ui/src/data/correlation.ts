// How far two columns go together. No DOM.

export interface Correlation {
  /** Pearson's coefficient; `undefined` if one of the columns does not change. */
  r: number | undefined;
  /** How many pairs there are. */
  n: number;
}

/** With fewer pairs, a coefficient says little. */
const MIN_PAIRS = 20;

/** A number, or a boolean as 1 or 0; what else there is has no place in a correlation. */
export function numberOf(d: unknown): number | undefined {
  if (typeof d === "boolean") return d ? 1 : 0;
  return typeof d === "number" && Number.isFinite(d) ? d : undefined;
}

/** The pairs of two columns, each row of the first with the row of the second so many rows before. */
export function pairs(first: unknown[], second: unknown[], before = 0): [number, number][] {
  return first.flatMap((value, row): [number, number][] => {
    const [a, b] = [numberOf(value), numberOf(second[row - before])];
    return a === undefined || b === undefined ? [] : [[a, b]];
  });
}

/** Sums of squares around the means. */
function moments(points: [number, number][]) {
  const n = points.length || 1;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  return { meanX, meanY, xx, yy, xy };
}

export function correlation(points: [number, number][]): Correlation {
  const { xx, yy, xy } = moments(points);
  const spread = Math.sqrt(xx) * Math.sqrt(yy);
  // Not by the spread alone: a mean of equal numbers may differ from them in the last digit.
  const doChange = [0, 1].every((of) => points.some((point) => point[of] !== points[0]?.[of]));
  // Rounding may lead beyond 1.
  const r = doChange && spread > 0 ? Math.min(1, Math.max(-1, xy / spread)) : undefined;
  return { r, n: points.length };
}

/** The line y = a + b x with the smallest squares, if x changes. */
export function regression(points: [number, number][]): { a: number; b: number } | undefined {
  const { meanX, meanY, xx, xy } = moments(points);
  return xx > 0 ? { a: meanY - (xy / xx) * meanX, b: xy / xx } : undefined;
}

/**
 * How large a coefficient of independent columns is with n pairs, nineteen times in twenty at most: R. A.
 * Fisher's transformation, with 1.96 standard deviations of a normal distribution.
 */
export function chance(n: number): number {
  return n > 3 ? Math.tanh(1.96 / Math.sqrt(n - 3)) : 1;
}

export function isDoubtful({ n }: Correlation): boolean {
  return n < MIN_PAIRS;
}

/** Sorts by strength, what is doubtful after what is not. What has no coefficient is left out. */
export function ranked<T extends Correlation>(all: T[]): (T & { r: number })[] {
  const known = all.filter((it): it is T & { r: number } => it.r !== undefined && it.n > 2);
  return known.sort(
    (a, b) => Number(isDoubtful(a)) - Number(isDoubtful(b)) || Math.abs(b.r) - Math.abs(a.r),
  );
}
