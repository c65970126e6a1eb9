// Which format the times of a file have.

import { numberOf } from "./csv-cell.ts";
import { type TimeFormat, TimeReader } from "./csv-time.ts";

// Of so many times most must be of a format: some rows may be wrong.
const MOST = 0.6;

const DATES: TimeFormat[] = ["iso", "dmy", "mdy"];

// The numbers that are times since 1973 in seconds, and since 1989 in the other units.
const UNITS: [format: TimeFormat, from: number, to: number][] = [
  ["s", 1e8, 1e11],
  ["ms", 6e11, 1e14],
  ["us", 6e14, 1e17],
  ["ns", 6e17, 1e20],
];

const readers = DATES.map((format) => ({
  format,
  reader: new TimeReader({ format, zone: "UTC", start: undefined }),
}));

/** A time of day without a date. */
export function isClock(cell: string): boolean {
  return /^\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AP]M)?$/i.test(cell);
}

function isMost(count: number, all: number): boolean {
  return all > 0 && count / all >= MOST;
}

/** The formats in which most of some cells are dates. */
export function dates(cells: string[]): TimeFormat[] {
  const fits = readers.map(({ format, reader }) => {
    const read = cells.map((cell) => reader.read(cell));
    return { format, count: read.filter((when) => typeof when === "number").length };
  });
  const best = Math.max(...fits.map(({ count }) => count));
  return fits
    .filter((it) => it.count === best && isMost(best, cells.length))
    .map((it) => it.format);
}

export interface FoundFormat {
  format: TimeFormat;
  /** Whether day and month may be the other way round. */
  isAmbiguous: boolean;
  /** Whether they are numbers that are times of these years. */
  isUnix: boolean;
}

/** The format of most of some times. */
export function formatOf(cells: string[]): FoundFormat {
  const found = dates(cells);
  const [date, ...others] = found;
  if (date) {
    const isAmbiguous = others.length > 0;
    return { format: isAmbiguous ? dayFirst(cells) : date, isAmbiguous, isUnix: false };
  }
  const numbers = cells.flatMap((cell) =>
    numberOf(cell, false) === undefined ? [] : Number(cell),
  );
  if (!isMost(numbers.length, cells.length)) {
    return { format: "iso", isAmbiguous: false, isUnix: false };
  }
  if (
    isMost(cells.filter((cell) => /^(19|20)\d{6}(\d{4}|\d{6})?$/.test(cell)).length, cells.length)
  ) {
    return { format: "digits", isAmbiguous: false, isUnix: false };
  }
  const isIn = ([, from, to]: (typeof UNITS)[number]) =>
    isMost(numbers.filter((it) => Math.abs(it) >= from && Math.abs(it) < to).length, cells.length);
  const unit = UNITS.find(isIn)?.[0];
  return { format: unit ?? "elapsed", isAmbiguous: false, isUnix: unit !== undefined };
}

/** Of dates such as 3/4/2025: what keeps them in order, or what the language of the browser has. */
function dayFirst(cells: string[]): TimeFormat {
  if (cells.every((cell) => cell.includes("."))) return "dmy";
  const inOrder = (["dmy", "mdy"] as const).filter((format) => {
    const reader = readers.find((it) => it.format === format)?.reader;
    const times = cells.map((cell) => Number(reader?.read(cell)));
    const isUp = times.every((t, i) => i === 0 || t >= Number(times[i - 1]));
    const isDown = times.every((t, i) => i === 0 || t <= Number(times[i - 1]));
    return isUp || isDown;
  });
  const [only, other] = inOrder;
  if (only && !other) return only;
  return navigator.language === "en-US" ? "mdy" : "dmy";
}
