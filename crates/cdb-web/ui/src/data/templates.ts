// What a new stream may be: its datatype and its schema, from what a person says of it.

import { readNumber } from "../inputs/number.tsx";
import { text } from "../text/en.ts";
import type { IconName } from "../widgets/icons.tsx";

export interface Template {
  id: string;
  name: string;
  datatype: string;
  schema: object;
  icon: IconName;
  /** What else is asked. */
  asks?: ("unit" | "bounds" | "choices" | "fields")[];
}

const number = { type: "number" };
const words = { type: "string" };

export const TEMPLATES: Template[] = [
  {
    id: "number",
    name: text.templates.number,
    datatype: "",
    schema: number,
    icon: "line",
    asks: ["unit"],
  },
  {
    id: "integer",
    name: text.templates.integer,
    datatype: "",
    schema: { type: "integer" },
    icon: "line",
    asks: ["unit"],
  },
  {
    id: "range",
    name: text.templates.range,
    datatype: "",
    schema: number,
    icon: "line",
    asks: ["bounds", "unit"],
  },
  {
    id: "rating",
    name: text.templates.rating,
    datatype: "rating.stars",
    schema: { type: "integer", minimum: 0, maximum: 10 },
    icon: "star",
  },
  {
    id: "toggle",
    name: text.templates.toggle,
    datatype: "toggle",
    schema: { type: "boolean" },
    icon: "check",
  },
  {
    id: "count",
    name: text.templates.count,
    datatype: "number.count",
    schema: number,
    icon: "cup",
  },
  {
    id: "duration",
    name: text.templates.duration,
    datatype: "duration",
    schema: { type: "number", minimum: 0 },
    icon: "clock",
  },
  { id: "diary", name: text.templates.diary, datatype: "log.diary", schema: words, icon: "book" },
  {
    id: "choice",
    name: text.templates.choice,
    datatype: "",
    schema: words,
    icon: "check",
    asks: ["choices"],
  },
  {
    id: "location",
    name: text.templates.location,
    datatype: "location",
    schema: {
      type: "object",
      properties: { latitude: number, longitude: number, accuracy: number },
      required: ["latitude", "longitude"],
    },
    icon: "place",
  },
  {
    id: "object",
    name: text.templates.object,
    datatype: "",
    schema: { type: "object" },
    icon: "boards",
    asks: ["fields"],
  },
  { id: "any", name: text.templates.any, datatype: "", schema: {}, icon: "scripts" },
];

/** The words of datatypes that name a unit, as `unitOf` reads them. */
export const UNITS = [
  "celsius",
  "fahrenheit",
  "percent",
  "kilograms",
  "grams",
  "meters",
  "kilometers",
  "liters",
  "seconds",
  "minutes",
  "hours",
  "volt",
  "ampere",
  "watt",
  "kilowatthours",
  "hectopascal",
  "lux",
  "decibel",
  "ppm",
  "bpm",
];

export interface Field {
  name: string;
  kind: string;
}

/** What a person says of a new stream. */
export interface Details {
  /** A word of `UNITS`, or empty. */
  unit: string;
  minimum: string;
  maximum: string;
  /** Separated by commas. */
  choices: string;
  fields: Field[];
}

export const NO_DETAILS: Details = { unit: "", minimum: "", maximum: "", choices: "", fields: [] };

/** The schema of a template, with the values of a choice. */
export function schemaOf(template: Template, choices: string): object {
  return contentOf(template, { ...NO_DETAILS, choices }).schema;
}

/** The datatype and the schema of a new stream. */
export function contentOf(
  { datatype, schema, asks = [] }: Template,
  details: Details,
): { datatype: string; schema: object } {
  const { unit, choices, fields } = details;
  const named = fields.filter(({ name }) => name.trim());
  return {
    datatype: asks.includes("unit") && unit ? `number.${unit}` : datatype,
    schema: {
      ...schema,
      ...(asks.includes("bounds") ? boundsOf(details) : {}),
      ...(asks.includes("choices") ? { enum: wordsOf(choices) } : {}),
      ...(asks.includes("fields")
        ? {
            properties: Object.fromEntries(
              named.map(({ name, kind }) => [name.trim(), { type: kind }]),
            ),
          }
        : {}),
    },
  };
}

function wordsOf(choices: string): string[] {
  return [
    ...new Set(
      choices
        .split(",")
        .map((it) => it.trim())
        .filter(Boolean),
    ),
  ];
}

function boundsOf({ minimum, maximum }: Details): { minimum?: number; maximum?: number } {
  const [low, high] = [readNumber(minimum), readNumber(maximum)];
  return {
    ...(low === undefined ? {} : { minimum: low }),
    ...(high === undefined ? {} : { maximum: high }),
  };
}

/** What is wrong with what was said of a new stream. */
export function problemOf({ asks = [] }: Template, details: Details): string | undefined {
  if (asks.includes("choices") && wordsOf(details.choices).length === 0) {
    return text.create.noChoices;
  }
  if (asks.includes("fields") && !details.fields.some(({ name }) => name.trim())) {
    return text.create.noFields;
  }
  if (!asks.includes("bounds")) return undefined;
  const { minimum, maximum } = boundsOf(details);
  if (minimum === undefined || maximum === undefined) return text.create.noNumber;
  return maximum > minimum ? undefined : text.create.notLarger;
}
