// What a stream of a new device may hold: what devices often measure, and the templates of all streams.

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
  /** A first value, for the lines to copy. */
  sample: unknown;
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

export const MEASUREMENTS: Kind[] = MEASURED.map(([datatype, name, sample]) => {
  const unit = unitOf(datatype);
  const stream = datatype.split(".")[0] ?? "";
  return { id: datatype, name: `${name}, ${unit}`, datatype, schema: NUMBER, unit, stream, sample };
});

const SAMPLES: Record<string, unknown> = {
  rating: 7,
  toggle: true,
  count: 1,
  diary: "First frost",
  location: { latitude: 52.5, longitude: 13.4 },
};

export const OTHERS: Kind[] = TEMPLATES.map(({ id, name, datatype, schema }) => ({
  id,
  name,
  datatype,
  schema,
  unit: "",
  stream: id,
  sample: SAMPLES[id] ?? 21.5,
}));

/** The kind with an id: the first one, if there is none. */
export function kindOf(id: string): Kind {
  const [first] = MEASUREMENTS;
  const found = [...MEASUREMENTS, ...OTHERS].find((kind) => kind.id === id) ?? first;
  if (!found) throw new Error("there are no kinds");
  return found;
}

/** The schema of a stream, and a value that fits, with the words of a choice. */
export function contentOf(kind: Kind, words: string): { schema: object; sample: unknown } {
  const template = TEMPLATES.find(({ id }) => id === kind.id);
  const schema = template ? schemaOf(template, words) : kind.schema;
  const [first] = "enum" in schema && Array.isArray(schema.enum) ? schema.enum : [];
  return { schema, sample: first ?? kind.sample };
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
