// What of a value does not fit the schema of a stream, in words. What a schema has beyond this is left to the
// server, which checks each value.

import { text } from "../text/en.ts";
import type { Schema } from "./schema.ts";

/** What is wrong with a value, with the place in it; `undefined` if nothing is. */
export function complaint(schema: Schema, value: unknown, place = ""): string | undefined {
  const { check } = text;
  const at = (what: string) => (place ? `${place}: ${what}` : what);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isType(type, value))) {
    return at(
      check.type(
        JSON.stringify(value),
        types.map((type) => check.types[type] ?? type),
      ),
    );
  }
  const choices = schema.enum;
  if (choices && !choices.some((choice) => isEqual(choice, value))) {
    return at(
      check.choice(JSON.stringify(value), choices.map((it) => JSON.stringify(it)).join(", ")),
    );
  }
  if (typeof value === "number") return ofNumber(schema, value, at);
  if (typeof value === "string") return ofText(schema, value, at);
  if (Array.isArray(value)) return ofArray(schema, value, place, at);
  if (typeof value === "object" && value !== null) {
    return ofObject(schema, value as Record<string, unknown>, place, at);
  }
  return undefined;
}

type At = (what: string) => string;

function ofNumber(schema: Schema, value: number, at: At): string | undefined {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && value < minimum) return at(text.check.small(value, minimum));
  if (maximum !== undefined && value > maximum) return at(text.check.large(value, maximum));
  return undefined;
}

function ofText(schema: Schema, value: string, at: At): string | undefined {
  const length = [...value].length;
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  if (length < minLength) return at(text.check.short(minLength));
  if (length > maxLength) return at(text.check.long(maxLength));
  return pattern && !matches(pattern, value) ? at(text.check.pattern(value, pattern)) : undefined;
}

function ofArray(schema: Schema, value: unknown[], place: string, at: At): string | undefined {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema;
  if (value.length < minItems) return at(text.check.few(minItems));
  if (value.length > maxItems) return at(text.check.many(maxItems));
  if (!items || Array.isArray(items)) return undefined;
  for (const [index, item] of value.entries()) {
    const found = complaint(items, item, `${place}[${index}]`);
    if (found) return found;
  }
  return undefined;
}

function ofObject(
  schema: Schema,
  value: Record<string, unknown>,
  place: string,
  at: At,
): string | undefined {
  const missing = schema.required?.find((name) => !(name in value));
  if (missing !== undefined) return at(text.check.missing(missing));
  for (const [name, of] of Object.entries(schema.properties ?? {})) {
    if (!(name in value)) continue;
    const found = complaint(of, value[name], place ? `${place}.${name}` : name);
    if (found) return found;
  }
  if (schema.additionalProperties !== false) return undefined;
  const other = Object.keys(value).find((name) => !(name in (schema.properties ?? {})));
  return other === undefined ? undefined : at(text.check.unknown(other));
}

function isType(type: string, value: unknown): boolean {
  switch (type) {
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      // "string" and "boolean"; a type that there is not is left to the server.
      return !["string", "boolean"].includes(type) || typeof value === type;
  }
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

/** Whether two values are equal as JSON, whatever the order of keys. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return (
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key]))
  );
}
