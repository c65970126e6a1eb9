// What a JSON Schema says of the values that people write by hand. What is not understood is no error: the
// server checks each value.

export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  format?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  items?: Schema | Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
}

/** Reads the schema of a stream. */
export function parse(text: string): Schema {
  try {
    const schema: unknown = JSON.parse(text);
    return typeof schema === "object" && schema !== null ? (schema as Schema) : {};
  } catch {
    return {};
  }
}

export function isNumber(schema: Schema): boolean {
  return schema.type === "number" || schema.type === "integer";
}

/** Whether a datatype is another one, or a special case of it: `rating.stars.mood` is `rating.stars`. */
export function isA(datatype: string, general: string): boolean {
  return datatype === general || datatype.startsWith(`${general}.`);
}
