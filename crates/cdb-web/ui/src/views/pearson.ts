// How much two numbers go together. No DOM.

export interface Pair {
  x: number;
  y: number;
  /** What colours it, if anything does. */
  colour: string | undefined;
}

/** Pearson's correlation, from −1 to 1; `undefined` where one of them never changes. */
export function pearson(pairs: Pair[]): number | undefined {
  const n = pairs.length;
  const meanX = pairs.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = pairs.reduce((sum, { y }) => sum + y, 0) / n;
  let [xy, xx, yy] = [0, 0, 0];
  for (const { x, y } of pairs) {
    xy += (x - meanX) * (y - meanY);
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
  }
  const r = xy / Math.sqrt(xx * yy);
  return Number.isFinite(r) ? Math.min(Math.max(r, -1), 1) : undefined;
}
