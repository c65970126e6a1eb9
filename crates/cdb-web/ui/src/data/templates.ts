// What a new stream may be: its datatype and its schema.

import { text } from "../text/en.ts";

export interface Template {
  id: string;
  name: string;
  datatype: string;
  schema: object;
}

const number = { type: "number" };
const words = { type: "string" };

export const TEMPLATES: Template[] = [
  { id: "number", name: text.templates.number, datatype: "", schema: number },
  {
    id: "rating",
    name: text.templates.rating,
    datatype: "rating.stars",
    schema: { type: "integer", minimum: 0, maximum: 10 },
  },
  { id: "toggle", name: text.templates.toggle, datatype: "toggle", schema: { type: "boolean" } },
  { id: "count", name: text.templates.count, datatype: "number.count", schema: number },
  { id: "diary", name: text.templates.diary, datatype: "log.diary", schema: words },
  { id: "choice", name: text.templates.choice, datatype: "", schema: words },
  {
    id: "location",
    name: text.templates.location,
    datatype: "location",
    schema: {
      type: "object",
      properties: { latitude: number, longitude: number, accuracy: number },
      required: ["latitude", "longitude"],
    },
  },
  { id: "any", name: text.templates.any, datatype: "", schema: {} },
];

/** The schema of a template, with the values of a choice. */
export function schemaOf({ id, schema }: Template, choices: string): object {
  const values = choices.split(",").map((it) => it.trim());
  return id === "choice" ? { ...schema, enum: [...new Set(values.filter(Boolean))] } : schema;
}
