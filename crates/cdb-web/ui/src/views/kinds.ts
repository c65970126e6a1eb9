// What values a stream has, from what the server knows of it. No DOM.

import type { KeyStatistics, Numbers } from "../api/objects.ts";
import { isA } from "../data/schema.ts";
import type { About } from "./view.ts";

const DAY = 86_400;

type Known = Pick<About, "known" | "stream" | "schema">;

const none: KeyStatistics = {};

/** The values, if all are numbers. */
export function numbers({ known }: Known): Numbers | undefined {
  const { number } = known.keys[""] ?? none;
  return number && number.count > 0 && number.count === known.count ? number : undefined;
}

export function areBooleans({ known }: Known): boolean {
  const { boolean } = known.keys[""] ?? none;
  return boolean !== undefined && boolean.count > 0 && boolean.count === known.count;
}

export function areStrings({ known }: Known): boolean {
  const { string } = known.keys[""] ?? none;
  return string !== undefined && string.count > 0 && string.count === known.count;
}

function areObjects({ known }: Known): boolean {
  const { object } = known.keys[""] ?? none;
  return object !== undefined && object.count > 0 && object.count === known.count;
}

/** The different strings, if there are so few that each is a kind of its own: as the original has it. */
function kindsOf({ string }: KeyStatistics): [string, number][] | undefined {
  if (!string?.distinct) return undefined;
  const { length } = string.distinct;
  return length < 20 || length < string.count / 2 ? string.distinct : undefined;
}

/** The different values of a stream of a few words. */
export function categories(about: Known): [string, number][] | undefined {
  if (!areStrings(about) || isDiary(about)) return undefined;
  return kindsOf(about.known.keys[""] ?? none);
}

/** The keys that every object has, whose values are all numbers. */
export function numberKeys(about: Known): string[] {
  const { known } = about;
  if (!areObjects(about)) return [];
  return keysOf(about).filter((key) => known.keys[key]?.number?.count === known.count);
}

/** The keys that every object has, whose values are a few words. */
export function categoryKeys(about: Known): string[] {
  const { known } = about;
  if (!areObjects(about)) return [];
  return keysOf(about).filter((key) => {
    const statistics = known.keys[key] ?? none;
    return statistics.string?.count === known.count && kindsOf(statistics) !== undefined;
  });
}

/** The keys of objects, in the order of the schema, then as the server has them. */
function keysOf({ known, schema }: Known): string[] {
  const named = Object.keys(schema.properties ?? {});
  const all = Object.keys(known.keys).filter((key) => key !== "");
  return [...named.filter((key) => all.includes(key)), ...all.filter((it) => !named.includes(it))];
}

export function isLocation(about: Known): boolean {
  const keys = numberKeys(about);
  return keys.includes("latitude") && keys.includes("longitude");
}

export function isDiary({ stream }: Known): boolean {
  return isA(stream.datatype, "log.diary");
}

/** Whether the numbers are added up, such as steps, not averaged, such as degrees. */
export function isSum({ stream }: Known): boolean {
  return isA(stream.datatype, "number.count") || isA(stream.datatype, "duration");
}

/** Whether the texts are addresses of pages. */
export function areAddresses(about: Known): boolean {
  const { known, stream } = about;
  if (!areStrings(about)) return false;
  const isAddress = (d: unknown) => typeof d === "string" && /^https?:\/\//i.test(d);
  return isA(stream.datatype, "url") || (isAddress(known.first?.d) && isAddress(known.last?.d));
}

/** Texts that people write, not words that programs do. */
export function areTexts(about: Known): boolean {
  return areStrings(about) && !categories(about) && !areAddresses(about);
}

/** Whether the range has at least so many days. */
export function hasDays({ t1, t2 }: Pick<About, "t1" | "t2">, days: number): boolean {
  return t2 - t1 > (days - 1) * DAY;
}
