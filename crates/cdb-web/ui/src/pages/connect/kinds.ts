// What a stream of a new device may hold: what devices often measure, and the templates of all streams.

import type { Stream } from "../../api/objects.ts";
import { parse } from "../../data/schema.ts";
import { schemaOf, TEMPLATES } from "../../data/templates.ts";
import { unitOf } from "../../data/unit.ts";
import { text } from "../../text/en.ts";

export interface Kind {
  id: string;
  name: string;
  datatype: string;
  schema: object;
  unit: string;
  /** What a stream of it is called, unless it is given another name. */
  stream: string;
}

const NUMBER = { type: "number" };

const MEASURED: [datatype: string, name: string, sample: number][] = [
  ["temperature.celsius", text.connect.kinds.temperature, 21.5],
  ["temperature.fahrenheit", text.connect.kinds.temperature, 70.5],
  ["humidity.percent", text.connect.kinds.humidity, 48],
  ["pressure.hectopascal", text.connect.kinds.pressure, 1013.2],
  ["co2.ppm", text.connect.kinds.co2, 620],
  ["light.lux", text.connect.kinds.light, 320],
  ["battery.volt", text.connect.kinds.battery, 3.7],
  ["battery.percent", text.connect.kinds.battery, 80],
  ["power.watt", text.connect.kinds.power, 42],
  ["energy.kilowatthours", text.connect.kinds.energy, 12.5],
  ["weight.kilograms", text.connect.kinds.weight, 72.4],
  ["distance.meters", text.connect.kinds.distance, 1.5],
];

export const MEASUREMENTS: Kind[] = MEASURED.map(([datatype, name]) => {
  const unit = unitOf(datatype);
  const stream = datatype.split(".")[0] ?? "";
  return { id: datatype, name: `${name}, ${unit}`, datatype, schema: NUMBER, unit, stream };
});

export const OTHERS: Kind[] = TEMPLATES.map(({ id, name, datatype, schema }) => ({
  id,
  name,
  datatype,
  schema,
  unit: "",
  stream: id,
}));

/** The kind with an id: the first one, if there is none. */
export function kindOf(id: string): Kind {
  const [first] = MEASUREMENTS;
  const found = [...MEASUREMENTS, ...OTHERS].find((kind) => kind.id === id) ?? first;
  if (!found) throw new Error("there are no kinds");
  return found;
}

/** The schema of a stream of a kind, with the words of a choice. */
export function schemaOfKind(kind: Kind, words: string): object {
  const template = TEMPLATES.find(({ id }) => id === kind.id);
  return template ? schemaOf(template, words) : kind.schema;
}

/** A first value of a stream, for the lines to copy. */
export function sampleOf({ datatype, schema }: Pick<Stream, "datatype" | "schema">): unknown {
  const measured = MEASURED.find(([it]) => it === datatype)?.[2] ?? 21.5;
  const { type, properties, minimum, maximum, enum: choices } = parse(schema);
  if (choices) return choices[0];
  switch (type) {
    case "integer":
      return clamp(7, minimum, maximum);
    case "boolean":
      return true;
    case "string":
      return "First frost";
    case "array":
      return [];
    case "object":
      return properties?.latitude ? { latitude: 52.5, longitude: 13.4 } : {};
    default:
      return clamp(measured, minimum, maximum);
  }
}

function clamp(value: number, minimum = value, maximum = value): number {
  return Math.min(Math.max(value, minimum), maximum);
}

/** A name as the server takes it, of what people call something: "Greenhouse sensor" is `greenhouse-sensor`. */
export function nameOf(words: string): string {
  const plain = words.normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  const joined = plain.toLowerCase().replace(/[^a-z0-9_]+/g, "-");
  return joined
    .replace(/^[^a-z]+/, "")
    .slice(0, 29)
    .replace(/-+$/, "");
}
