// Datapoints as lines that a spreadsheet reads.

import type { Datapoint } from "../api/objects.ts";
import { text } from "../text/en.ts";

/** A line for each datapoint, with its time and its value. */
export function csv(points: Datapoint[]): string {
  const lines = points.map(({ t, d }) => {
    const date = new Date(t * 1000);
    const time = Number.isNaN(date.getTime()) ? String(t) : date.toISOString();
    return `${time},${typeof d === "string" ? quoted(d) : plain(d)}`;
  });
  return `${["time,value", ...lines].join("\r\n")}\r\n`;
}

function plain(d: unknown): string {
  const json = d === null ? "" : JSON.stringify(d);
  return typeof d === "object" ? quoted(json) : json;
}

function quoted(words: string): string {
  if (words === "") return words;
  // A spreadsheet would take it for a formula.
  const safe = /^[=+\-@\t\r]/.test(words) ? `'${words}` : words;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** Puts a text where the next paste takes it from. */
export async function copy(words: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    throw new Error(text.plot.notCopied);
  }
}
