// Which tiles a range of time is drawn from. A tile is a power of two wide and begins at a multiple of its
// width, so that a range that is looked at again is drawn from what is there already. No DOM.

/** In seconds since 1970; the start is not included, the end is. */
export interface Range {
  t1: number;
  t2: number;
}

/** A tile is 2^level seconds wide and begins at `index` times that. */
export interface Tile {
  level: number;
  index: number;
}

/** How many columns a tile has. */
export const COLUMNS = 512;

const COLUMNS_LEVEL = Math.log2(COLUMNS);

// Columns of about a microsecond: times today are not much finer than that as floats.
const MIN_LEVEL = COLUMNS_LEVEL - 20;

/** The level whose columns are at most as wide as a pixel, and more than half of it. */
export function levelOf(pixel: number): number {
  return Math.max(MIN_LEVEL, Math.floor(Math.log2(pixel)) + COLUMNS_LEVEL);
}

export function rangeOf({ level, index }: Tile): Range {
  const width = 2 ** level;
  return { t1: index * width, t2: (index + 1) * width };
}

export function nameOf({ level, index }: Tile): string {
  return `${level}/${index}`;
}

/** The tiles of a level that have a part of a range. */
export function tilesOver({ t1, t2 }: Range, level: number): Tile[] {
  const width = 2 ** level;
  const first = Math.floor(t1 / width);
  const count = Math.max(Math.ceil(t2 / width) - first, 0);
  return Array.from({ length: count }, (_, i) => ({ level, index: first + i }));
}

/** The part that two ranges share, or `undefined`. */
export function overlap(a: Range, b: Range): Range | undefined {
  const [t1, t2] = [Math.max(a.t1, b.t1), Math.min(a.t2, b.t2)];
  return t1 < t2 ? { t1, t2 } : undefined;
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.t1 <= inner.t1 && inner.t2 <= outer.t2;
}

/** What a part of a range can be drawn from. */
export interface Drawable extends Range {
  /** How many seconds a column has; 0 for datapoints themselves. */
  width: number;
}

/** A part of a range, and what it is drawn from. */
export interface Piece<T> extends Range {
  source: T;
}

/** How much worse something is to draw from than what is right for a pixel, which is 0. */
export function badness({ width }: Drawable, pixel: number): number {
  if (width === 0 || isAsWide(width, pixel)) return 0;
  const steps = Math.log2(width / pixel);
  // Too fine a column costs time, too coarse a one is seen.
  return 1 + (steps > 0 ? 8 * steps : -steps);
}

/** Whether columns are pixels: then the picture is that of all datapoints. */
export function isAsWide(width: number, pixel: number): boolean {
  return Math.abs(width / pixel - 1) < 1e-6;
}

/** Takes the best that there is for each part of a range, in the order of time. */
export function cover<T extends Drawable>(
  sources: Iterable<T>,
  range: Range,
  pixel: number,
): Piece<T>[] {
  const used = [...sources]
    .filter((source) => overlap(source, range))
    .sort((a, b) => badness(a, pixel) - badness(b, pixel));
  const bounds = used.flatMap(({ t1, t2 }) => [t1, t2]).concat(range.t1, range.t2);
  const cuts = [...new Set(bounds)].filter((t) => t >= range.t1 && t <= range.t2);
  cuts.sort((a, b) => a - b);
  const pieces: Piece<T>[] = [];
  for (const [i, t1] of cuts.entries()) {
    const t2 = cuts[i + 1];
    const source = t2 === undefined ? undefined : used.find((it) => contains(it, { t1, t2 }));
    if (t2 === undefined || !source) continue;
    const before = pieces.at(-1);
    if (before?.source === source && before.t2 === t1) before.t2 = t2;
    else pieces.push({ source, t1, t2 });
  }
  return pieces;
}
