// How wide the views are, so that each row of the page is full. No DOM.

import type { Size } from "./view.ts";

/** As many columns a row has. */
const COLUMNS = 12;

const WIDTHS = { full: COLUMNS, large: 7, half: 6, small: 5 };

/** The least of a row that is enough for a view that takes about half of it. */
const MIN_HALF = 5;

/** The number of columns of each view. What has no other view beside it takes the whole row. */
export function packed(sizes: Size[]): number[] {
  const widths: number[] = [];
  let left = COLUMNS;
  const fill = () => {
    if (left < COLUMNS && left > 0) widths.push((widths.pop() ?? 0) + left);
    left = COLUMNS;
  };
  for (const size of sizes) {
    const wanted = WIDTHS[size];
    const isFlexible = size !== "full" && left < COLUMNS && left >= MIN_HALF;
    const width = isFlexible ? Math.min(wanted, left) : wanted;
    if (width > left) fill();
    widths.push(width);
    left -= width;
    if (left === 0) left = COLUMNS;
  }
  fill();
  return widths;
}
