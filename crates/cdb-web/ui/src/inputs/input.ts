// What every input is given, and how it says which streams it is for.

import type { ComponentType } from "preact";
import type { Stream } from "../api/objects.ts";
import type { Schema } from "../data/schema.ts";

export interface InputProps {
  /** The path of the stream. */
  path: string;
  schema: Schema;
  /** The unit of the values, or an empty text. */
  unit: string;
  /** The value that was written last. */
  last: unknown;
  /** What the button says: to write a value, or to ask a device for it. */
  verb: string;
  /** Whether a value is being written. */
  isBusy: boolean;
  /** Writes a value. Returns whether that was done. */
  write: (d: unknown) => Promise<boolean>;
}

export interface Input {
  when: (stream: Stream, schema: Schema) => boolean;
  Input: ComponentType<InputProps>;
}
