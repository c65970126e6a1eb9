// A stream of places as a track. No DOM.

import type { Datapoint } from "../api/objects.ts";
import { ends, type Place } from "./mercator.ts";

export interface Position extends Place {
  t: number;
  /** How far off it may be, in metres. */
  accuracy: number | undefined;
  /** All numbers of the datapoint, by their keys. */
  numbers: Record<string, number>;
}

/** How many colours there are for values from low to high: those of a heat map that are seen on land. */
export const LEVELS = 5;

/** What a track may be coloured by beside the keys of its datapoints. */
export const BY_TIME = "t";

/** The places of datapoints. What is no place on earth is left out. */
export function positions(points: Datapoint[]): Position[] {
  const found = points.flatMap(({ t, d }): Position[] => {
    if (typeof d !== "object" || d === null) return [];
    const entries = Object.entries(d).filter((it): it is [string, number] => isNumber(it[1]));
    const numbers = Object.fromEntries(entries);
    const { latitude, longitude, accuracy } = numbers;
    if (latitude === undefined || longitude === undefined) return [];
    if (Math.abs(latitude) > 90 || Math.abs(longitude) > 360) return [];
    return [{ t, latitude, longitude, accuracy, numbers }];
  });
  return unwrapped(found);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

/** Goes the short way around the earth from each place to the next, so that no line crosses the picture. */
function unwrapped(track: Position[]): Position[] {
  let turns = 0;
  return track.map((position, i) => {
    const step = position.longitude - (track[i - 1]?.longitude ?? position.longitude);
    if (step > 180) turns -= 360;
    if (step < -180) turns += 360;
    return { ...position, longitude: position.longitude + turns };
  });
}

/** A longitude between −180 and 180, as people write it. */
export function plainLongitude(longitude: number): number {
  const plain = ((((longitude + 180) % 360) + 360) % 360) - 180;
  // 180 itself, and not −180.
  return plain === -180 && longitude > 0 ? 180 : plain;
}

/** The keys by whose numbers a track can be coloured. */
export function colourKeys(track: Position[]): string[] {
  const keys = new Set(track.flatMap(({ numbers }) => Object.keys(numbers)));
  return [...keys].filter((key) => !["latitude", "longitude"].includes(key)).sort();
}

export interface Colouring {
  min: number;
  max: number;
  /** For each position a level from 0, or `undefined` if it has no such number. */
  levels: (number | undefined)[];
}

/** Divides what a track is coloured by into levels. */
export function colouring(track: Position[], key: string): Colouring | undefined {
  const values = track.map(({ t, numbers }) => (key === BY_TIME ? t : numbers[key]));
  const known = values.filter((it) => it !== undefined);
  if (known.length === 0) return undefined;
  const [min, max] = ends(known);
  const levels = values.map((value) => {
    if (value === undefined) return undefined;
    const part = max > min ? (value - min) / (max - min) : 0.5;
    return Math.min(Math.floor(part * LEVELS), LEVELS - 1);
  });
  return { min, max, levels };
}

/** The colour of a level, as the name of a custom property. */
export function colourOf(level: number | undefined): string {
  return level === undefined ? "--series" : `--track-${level + 1}`;
}
