// What a file is taken for. A person can correct all of it.

import type { Kind } from "./csv-cell.ts";
import type { TimeFormat } from "./csv-time.ts";
import type { Schema } from "./schema.ts";

/** How a file is split into rows. */
export type Source =
  | { type: "table"; delimiter: string }
  /** Datapoints, in an array or one in each line. */
  | { type: "points"; isArray: boolean }
  /** Objects with a time among their keys, each of which is a column. */
  | { type: "objects"; isArray: boolean };

export type Role = "time" | "value" | "out";

export interface Column {
  name: string;
  role: Role;
  kind: Kind;
}

export interface Plan {
  source: Source;
  encoding: string;
  /** How many rows come before the table. */
  skip: number;
  /** Whether the first row has the names of the columns. */
  hasHeader: boolean;
  /** Whether a comma in a number is a decimal point. */
  hasComma: boolean;
  columns: Column[];
  time: TimeFormat;
  zone: string;
  /** When the recording began that times count from, as it was typed. */
  start: string;
  /** Whether day and month may be the other way round. */
  isAmbiguous: boolean;
  /** What a person has put in the place of cells: by row, then by column. */
  corrections: Record<number, Record<number, string>>;
}

/** The columns with a role. */
export function withRole({ columns }: Plan, role: Role): number[] {
  return columns.flatMap((column, at) => (column.role === role ? [at] : []));
}

const TYPES: Record<Kind, object> = {
  number: { type: "number" },
  boolean: { type: "boolean" },
  text: { type: "string" },
  json: {},
  exact: {},
};

/** A schema for the values of a file. */
export function schemaFor(plan: Plan): object {
  const values = withRole(plan, "value").flatMap((at) => plan.columns[at] ?? []);
  const [first, ...others] = values;
  if (!first || others.length === 0) return TYPES[first?.kind ?? "json"];
  const properties = Object.fromEntries(values.map(({ name, kind }) => [name, TYPES[kind]]));
  return { type: "object", properties };
}

/** The kind of cells that a schema wants; `undefined` if it leaves that open. */
function kindOf(schema: Schema | undefined): Kind | undefined {
  const type = schema?.type;
  if (type === "number" || type === "integer") return "number";
  if (type === "boolean") return "boolean";
  if (type === "string") return "text";
  return type === "array" || type === "object" ? "json" : undefined;
}

/** The columns as the schema of a stream wants them. A stream that has no objects gets one column. */
export function fitted(plan: Plan, schema: Schema): Plan {
  if (plan.source.type === "points") return plan;
  const isObject = schema.type === "object" || schema.properties !== undefined;
  const kind = isObject ? undefined : kindOf(schema);
  const values = withRole(plan, "value");
  const isOne = schema.type !== undefined && !isObject;
  const fit = (column: Column, at: number): Column => {
    if (column.role !== "value") return column;
    if (isOne && at !== values[0]) return { ...column, role: "out" };
    const own = isObject ? kindOf(schema.properties?.[column.name]) : kind;
    return own === undefined ? column : { ...column, kind: own };
  };
  return { ...plan, columns: plan.columns.map(fit) };
}
