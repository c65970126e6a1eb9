// What the server says of PipeScript, and what a script makes of a stream.

import { request } from "./http.ts";
import type { Datapoint } from "./objects.ts";

export interface Argument {
  description: string;
  optional: boolean;
  default: unknown;
  /** Whether it is a script that is run for each datapoint, or for others. */
  hijacked: boolean;
}

export interface Transform {
  name: string;
  description: string;
  /** The description, and an example in blocks of code. */
  documentation: string;
  args: Argument[] | null;
}

export interface Interpolator {
  name: string;
  description: string;
}

export interface Example {
  script: string;
  given: string;
  gives: string;
}

async function named<T>(path: string): Promise<T[]> {
  return Object.values((await request("GET", path)) as Record<string, T>);
}

export async function transforms(): Promise<Transform[]> {
  return await named("meta/transforms");
}

export async function interpolators(): Promise<Interpolator[]> {
  return await named("meta/interpolators");
}

/** The example of a transform: a script, what goes in, and what comes out. */
export function exampleOf({ documentation }: Transform): Example | undefined {
  const blocks = [...documentation.matchAll(/```(?:json)?\n([\s\S]*?)\n```/g)];
  const [script, given, gives] = blocks.map(([, code]) => code);
  return script === undefined ? undefined : { script, given: given ?? "", gives: gives ?? "" };
}

/** What a script makes of the newest datapoints of a stream. */
export async function run(path: string, script: string, newest: number): Promise<Datapoint[]> {
  const transform = encodeURIComponent(script);
  const answer = await request("GET", `crud/${path}/data?i1=-${newest}&transform=${transform}`);
  return (answer as Partial<Datapoint>[]).map((it) => ({ t: it.t ?? 0, d: it.d ?? null }));
}

export interface Mistake {
  line: number;
  column: number;
  /** The message without the script and the place. */
  words: string;
}

/** The place of a mistake in a script, if a message of the server names one. */
export function mistakeOf(message: string): Mistake | undefined {
  const place = /\(line (\d+), column (\d+)(?:; ([^)]*))?\)\s*$/.exec(message);
  if (!place) return undefined;
  const [whole, line, column, hint] = place;
  const words = message
    .slice(0, -whole.length)
    .replace(/^Script '[\s\S]*': /, "")
    .trim();
  const sentence = hint ? `${words}: ${hint}` : words;
  return { line: Number(line), column: Number(column), words: sentence };
}
