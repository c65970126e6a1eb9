// What is looked at, and the names of the requests for it. No DOM.

import type { Range } from "./tiles.ts";

/** What is looked at, and how fine. */
export interface View extends Range {
  /** How many seconds a pixel of the screen has. */
  pixel: number;
  /** How many datapoints are drawn one by one. */
  maxSamples: number;
}

export function nameOfView({ t1, t2, pixel }: View): string {
  return `${t1} ${t2} ${pixel}`;
}

export function isOfView(name: string): boolean {
  return /^(picture|samples) /.test(name);
}

export function isOfTile(name: string): boolean {
  return name.includes("/");
}
