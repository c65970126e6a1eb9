// Numbers with as many decimal places as their stream has.

import type { Datapoint } from "../api/objects.ts";
import { value } from "./format.ts";

const MAX_PLACES = 6;

function placesOf(n: number): number {
  const [, places = ""] = /\.(\d+)$/.exec(String(n)) ?? [];
  return places.length;
}

/** The usual number of decimal places of the numbers of a stream. */
export function usualPlaces(points: Datapoint[]): number {
  const numbers = points.map(({ d }) => d).filter((d) => typeof d === "number");
  const places = numbers.map(placesOf).sort((a, b) => a - b);
  return Math.min(places[places.length >> 1] ?? 0, MAX_PLACES);
}

/** A value in one line. A number has at least so many decimal places: 3.0 beside 3.1. */
export function valueWith(places: number, d: unknown): string {
  const isShorter = typeof d === "number" && placesOf(d) < places && Math.abs(d) < 1e15;
  return isShorter ? d.toFixed(places).replace(/^-/, "−") : value(d);
}
