// What is typed into the fields of a form, and the value that it comes to. No DOM.

import { complaint } from "../data/check.ts";
import type { Schema } from "../data/schema.ts";
import { text } from "../text/en.ts";
import { readNumber } from "./number.tsx";

/** What is in a field, a list of fields, or fields with names. */
export type Draft = string | Draft[] | { [name: string]: Draft };

/** By the place of a field, such as `meal.parts[0]`: what is wrong there. */
export type Problems = Map<string, string>;

// Objects and arrays in each other so deep have fields; deeper ones are written as JSON.
const MAX_DEPTH = 4;

const PLAIN = ["string", "number", "integer", "boolean"];

/** Whether there are fields for all of a schema. */
export function hasFields(schema: Schema, depth = 1): boolean {
  if (depth > MAX_DEPTH) return false;
  if (schema.enum) return schema.enum.length > 0;
  if (schema.type === "object" && schema.properties) {
    return Object.values(schema.properties).every((it) => hasFields(it, depth + 1));
  }
  if (schema.type === "array") {
    return isOneItem(schema.items) && hasFields(schema.items, depth + 1);
  }
  return PLAIN.includes(schema.type ?? "");
}

export function isOneItem(items: Schema["items"]): items is Schema {
  return items !== undefined && !Array.isArray(items);
}

/** The fields of a schema before anything is typed. */
export function emptyDraft(schema: Schema): Draft {
  if (schema.type === "object" && !schema.enum) {
    const fields = Object.entries(schema.properties ?? {});
    return Object.fromEntries(fields.map(([name, of]) => [name, emptyDraft(of)]));
  }
  if (schema.type === "array" && !schema.enum) {
    const { minItems = 0, items } = schema;
    return isOneItem(items) ? Array.from({ length: minItems }, () => emptyDraft(items)) : [];
  }
  if (schema.default === undefined) return "";
  const isWord = schema.enum !== undefined || schema.type !== "string";
  return isWord ? JSON.stringify(schema.default) : String(schema.default);
}

/** The value of fields; `undefined` if nothing was typed. What is wrong is put into `problems`. */
export function valueOfDraft(
  schema: Schema,
  draft: Draft,
  problems: Problems,
  isRequired = true,
  place = "",
): unknown {
  if (typeof draft === "string") return plain(schema, draft, problems, isRequired, place);
  const value = Array.isArray(draft)
    ? listed(schema, draft, problems, place)
    : named(schema, draft, problems, isRequired, place);
  const isEmpty = Array.isArray(value) ? value.length === 0 : value === undefined;
  if (isEmpty && !isRequired) return undefined;
  const shallow = { ...schema, properties: {}, items: {} };
  const wrong = Array.isArray(value) ? complaint(shallow, value) : undefined;
  if (wrong) problems.set(place, wrong);
  return value;
}

function listed(schema: Schema, draft: Draft[], problems: Problems, place: string): unknown[] {
  const items = isOneItem(schema.items) ? schema.items : {};
  return draft.map((item, at) => valueOfDraft(items, item, problems, true, `${place}[${at}]`));
}

function named(
  schema: Schema,
  draft: { [name: string]: Draft },
  problems: Problems,
  isRequired: boolean,
  place: string,
): Record<string, unknown> | undefined {
  // Of an object that may be missing, what it requires is required once something was typed.
  const isUsed = isRequired || !isEmptyDraft(draft);
  const entries = Object.entries(schema.properties ?? {}).map(([name, of]) => {
    const needs = isUsed && (schema.required?.includes(name) ?? false);
    const at = place ? `${place}.${name}` : name;
    return [name, valueOfDraft(of, draft[name] ?? emptyDraft(of), problems, needs, at)] as const;
  });
  const given = entries.filter(([, value]) => value !== undefined);
  return isUsed ? Object.fromEntries(given) : undefined;
}

function isEmptyDraft(draft: Draft): boolean {
  if (typeof draft === "string") return draft.trim() === "";
  return Object.values(draft).every(isEmptyDraft);
}

function plain(
  schema: Schema,
  typed: string,
  problems: Problems,
  isRequired: boolean,
  place: string,
): unknown {
  if (typed.trim() === "") {
    if (isRequired) problems.set(place, text.write.required);
    return undefined;
  }
  const value = read(schema, typed);
  const wrong =
    value === undefined
      ? schema.type === "integer"
        ? text.write.noInteger
        : text.write.noNumber
      : complaint(schema, value);
  if (wrong) problems.set(place, wrong);
  return value;
}

function read(schema: Schema, typed: string): unknown {
  if (schema.enum || schema.type === "boolean") return JSON.parse(typed);
  if (schema.type === "number" || schema.type === "integer") return readNumber(typed);
  if (schema.format === "date-time") return new Date(typed).toISOString();
  return typed;
}
