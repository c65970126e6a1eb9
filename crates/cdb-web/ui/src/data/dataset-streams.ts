// The streams of a user, to choose from.

import { devices, latest, streams } from "../api/objects.ts";
import { isA, isNumber, parse } from "./schema.ts";
import { BY_HAND, deviceName, type StreamRow, tree } from "./tree.ts";

export interface OwnStream extends StreamRow {
  /** The name of its device as people know it. */
  device: string;
}

/** All streams of a user that are to be seen, in the order of creation. */
export async function ownStreams(user: string): Promise<OwnStream[]> {
  const answers = await Promise.all([devices(user), streams(user), latest([user])]);
  return tree(user, ...answers).flatMap((row) =>
    row.streams.map((stream) => ({ ...stream, device: deviceName(row.device) })),
  );
}

/** A stream in a sentence: without what goes without saying. */
export function shortPath(path: string, user: string): string {
  const [owner, device, name = ""] = path.split("/");
  if (owner !== user) return path;
  return device === BY_HAND ? name : `${device}/${name}`;
}

/** Whether means and sums of its values can be computed: by its schema, or else by its last value. */
export function hasNumbers({ stream, latest }: StreamRow): boolean {
  const schema = parse(stream.schema);
  if (schema.type !== undefined) return isNumber(schema) || schema.type === "boolean";
  return ["number", "boolean"].includes(typeof latest?.last?.d);
}

/** Keeps the streams with some words in their names, their nicknames, or those of their devices. */
export function findStreams(all: OwnStream[], words: string): OwnStream[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ path, stream, device }) => {
    const names = `${path} ${stream.nickname} ${device}`.toLowerCase();
    return wanted.every((word) => names.includes(word));
  });
}

/** How its values of a day are most likely taken together. */
export function usualHow(row: StreamRow): string {
  if (!hasNumbers(row)) return "count";
  const isAmount = ["number.count", "duration"].some((it) => isA(row.stream.datatype, it));
  return isAmount ? "sum" : "mean";
}
