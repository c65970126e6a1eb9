// A value as it is written into a field, and read from it.

import { readNumber } from "../inputs/number.tsx";
import { onOff } from "../text/format.ts";

/** A text of one line is written as it is; one of several would lose them in a field. */
function isPlain(d: unknown): d is string {
  return typeof d === "string" && !/[\n\r]/.test(d);
}

/** Writes a value into a field. */
export function written(d: unknown): string {
  if (typeof d === "boolean") return onOff(d);
  return isPlain(d) ? d : JSON.stringify(d);
}

/** Reads what stands in a field that was written for another value. Returns `undefined` if it is none. */
export function read(field: string, before: unknown): { d: unknown } | undefined {
  if (isPlain(before)) return { d: field };
  if (typeof before === "boolean") return state(field.trim().toLowerCase());
  const number = readNumber(field);
  if (number !== undefined) return { d: number };
  if (typeof before === "number") return undefined;
  try {
    return { d: JSON.parse(field) };
  } catch {
    return undefined;
  }
}

/** Reads what is on or off: as it is shown, or as JSON has it. */
function state(word: string): { d: boolean } | undefined {
  const d = [true, false].find((it) => [onOff(it).toLowerCase(), String(it)].includes(word));
  return d === undefined ? undefined : { d };
}
