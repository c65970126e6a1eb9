// Places and distances as people read them.

import { text } from "./en.ts";

// About a metre: more is not known of a place, whatever its digits.
const DECIMALS = 5;

const KILOMETRE = 1000;

/** A latitude or a longitude. */
export function degrees(angle: number): string {
  const rounded = angle.toLocaleString(undefined, { maximumFractionDigits: DECIMALS });
  return rounded.replace(/^-/, "−");
}

/** A distance, with its unit after a thin space. */
export function distance(metres: number): string {
  const isShort = metres < KILOMETRE;
  const number = (isShort ? metres : metres / KILOMETRE).toLocaleString(undefined, {
    maximumFractionDigits: metres < 10 || (!isShort && metres < 10 * KILOMETRE) ? 1 : 0,
  });
  return isShort ? text.map.metres(number) : text.map.kilometres(number);
}
