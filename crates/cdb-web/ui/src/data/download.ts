// What is looked at of a stream, as a file.

import { dataPath } from "../api/data.ts";
import { ApiError } from "../api/http.ts";
import type { Datapoint } from "../api/objects.ts";
import { whole } from "../api/objects.ts";
import { pieces } from "../api/stream-of.ts";
import { text } from "../text/en.ts";
import { addColumns, head, lines, noColumns } from "./csv.ts";
import { Elements } from "./elements.ts";
import { localText } from "./wall.ts";

export type Format = "csv" | "json";

const TYPES = { csv: "text/csv;charset=utf-8", json: "application/json" };

/** How much is read at once of what has come, in bytes. */
const PIECE = 256 * 1024;

/** What is downloaded. */
export interface Wanted {
  path: string;
  transform: string;
  bounds: string;
  format: Format;
}

/**
 * Makes the file. What has come is kept as the browser keeps files, not in memory, so that a million
 * datapoints are no more work for the page than a thousand. Calls `onCount` with how many there are so far.
 */
export async function file(
  { path, transform, bounds, format }: Wanted,
  onCount: (count: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const columns = noColumns();
  const parts: BlobPart[] = [];
  let count = 0;
  for await (const { bytes, points } of read(pieces(dataPath(path, transform, bounds), signal))) {
    parts.push(bytes as BlobPart);
    addColumns(columns, points);
    count += points.length;
    onCount(count);
  }
  const json = new Blob(parts, { type: TYPES.json });
  if (format === "json") return json;
  // All columns are known only now.
  const csv: BlobPart[] = [head(columns)];
  for await (const { points } of read(slices(json))) {
    signal.throwIfAborted();
    csv.push(lines(points, columns));
  }
  return new Blob(csv, { type: TYPES.csv });
}

interface Piece {
  bytes: Uint8Array;
  points: Datapoint[];
}

async function* read(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  const elements = new Elements();
  for await (const piece of bytes) {
    const points = elements.push(decoder.decode(piece, { stream: true })) as Partial<Datapoint>[];
    yield { bytes: piece, points: points.map(whole) };
  }
  if (!elements.isWhole) throw new ApiError(text.errors.network, 0);
}

async function* slices(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += PIECE) {
    yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
  }
}

/** The name of the file, from the stream and the days that were looked at. */
export function fileName(
  path: string,
  range: [number, number] | undefined,
  format: Format,
): string {
  const days = (range ?? [])
    .filter((t) => !Number.isNaN(new Date(t * 1000).getTime()))
    .map((t) => localText(t).slice(0, 10));
  return `${[path.replaceAll("/", "_"), ...new Set(days)].filter(Boolean).join("_")}.${format}`;
}
