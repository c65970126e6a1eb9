// What every view of a stream is given, and how it says which streams it is for.

import type { ComponentType } from "preact";
import type { Datapoint, Statistics, Stream } from "../api/objects.ts";
import type { Schema } from "../data/schema.ts";

/** What is looked at. */
export interface About {
  path: string;
  stream: Stream;
  schema: Schema;
  /** What the server knows of the range, or of what the transform gives of it. */
  known: Statistics;
  /** The script that is run before that of a view; empty for none. */
  transform: string;
  /** The range, as parameters of a request; empty for everything. */
  bounds: string;
  /** When the range begins and ends. */
  t1: number;
  t2: number;
  /** Whether the range is not everything. */
  isPart: boolean;
  zone: string;
  unit: string;
  /** The time of the answer. */
  now: number;
  /** Changes when something was written. */
  version: string;
}

export interface PictureProps {
  about: About;
  /** The script of the view, as it was changed if it was. */
  script: string;
  /** What it gives. There is at least one datapoint, unless the view is for none, too. */
  points: Datapoint[];
  /** How wide the picture is, in pixels. */
  width: number;
  /** Runs another script in the place of that of the view. */
  onScript: (script: string) => void;
}

export type Size = "full" | "large" | "half" | "small";

export interface View {
  id: string;
  title: (about: About) => string;
  /** Whether it is for a stream. It is decided from what the server knows, not from datapoints. */
  when: (about: About) => boolean;
  /** The script of its one query, which is run after that of the page. */
  script: (about: About) => string;
  /** Its range, if that is another one. */
  bounds?: (about: About) => string;
  /** How much of the page it takes. */
  size: Size;
  /** Whether its picture is there although the script gives nothing. */
  hasEmpty?: boolean;
  Picture: ComponentType<PictureProps>;
}
