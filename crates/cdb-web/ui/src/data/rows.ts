// Which rows of a long table are drawn, and where they are. No DOM.

// Chromium draws nothing below 33.5 million pixels, Firefox nothing below 17.8 million. A table that would
// be higher than this is scrolled in proportion.
export const MAX_HEIGHT = 8_000_000;

// Rows drawn above and below those that are seen, so that scrolling finds them there.
const MARGIN = 8;

// What is scrolled by less than so many views is scrolled exactly, also in a table that is too high: with the
// wheel or a key each row is reached. What is scrolled by more was dragged.
const MAX_STEP = 2;

/** The size of a table, in pixels, and of what is seen of it. */
export interface Extent {
  count: number;
  rowHeight: number;
  view: number;
}

export interface Scroll {
  /** How far the browser has scrolled. */
  at: number;
  /** What is at the top then, if all rows were drawn. */
  top: number;
}

export interface Rows {
  first: number;
  /** The one after the last. */
  end: number;
}

/** How high a table is for the browser. */
export function drawnHeight({ count, rowHeight }: Extent): number {
  return Math.min(count * rowHeight, MAX_HEIGHT);
}

/** Where a table is when the browser has scrolled. */
export function scrolled(before: Scroll, at: number, extent: Extent): Scroll {
  const { maxAt, maxTop } = ends(extent);
  if (maxAt === maxTop) return { at, top: at };
  const step = at - before.at;
  const isStep = Math.abs(step) < MAX_STEP * extent.view;
  const top = isStep ? before.top + step : (at / maxAt) * maxTop;
  return { at, top: Math.min(Math.max(top, 0), maxTop) };
}

/** How far the browser is to have scrolled for something to be at the top. */
export function settled(top: number, extent: Extent): Scroll {
  const { maxAt, maxTop } = ends(extent);
  const within = Math.min(Math.max(top, 0), maxTop);
  return { at: maxTop === 0 ? 0 : (within / maxTop) * maxAt, top: within };
}

/** Whether the browser cannot scroll further although there is more. */
export function isStuck({ at, top }: Scroll, extent: Extent): boolean {
  const { maxAt, maxTop } = ends(extent);
  return (at <= 0 && top > 0) || (at >= maxAt && top < maxTop);
}

function ends(extent: Extent): { maxAt: number; maxTop: number } {
  const { count, rowHeight, view } = extent;
  return {
    maxAt: Math.max(drawnHeight(extent) - view, 0),
    maxTop: Math.max(count * rowHeight - view, 0),
  };
}

/** The rows that are drawn. They change only after some rows, so that not every pixel is work. */
export function rowsAt(top: number, { count, rowHeight, view }: Extent): Rows {
  const step = (rows: number) => rows * MARGIN;
  const first = step(Math.floor(top / rowHeight / MARGIN) - 1);
  const end = step(Math.ceil((top + view) / rowHeight / MARGIN) + 1);
  return { first: Math.min(Math.max(first, 0), count), end: Math.min(end, count) };
}

/**
 * The space before each row that is drawn, and the one after the last. `offset` is what the browser has
 * scrolled less than it would if all rows were drawn.
 */
export function spaces(indexes: number[], extent: Extent, offset: number): number[] {
  const { rowHeight } = extent;
  let bottom = 0;
  const before = indexes.map((index) => {
    const space = Math.max(index * rowHeight - offset - bottom, 0);
    bottom += space + rowHeight;
    return space;
  });
  return [...before, Math.max(drawnHeight(extent) - bottom, 0)];
}
