import type { OwnStream } from "../../data/dataset-streams.ts";
import { parse } from "../../data/schema.ts";

/** What a stream is called; one of others by its path. */
export function nameOf(path: string, streams: OwnStream[]): string {
  const own = streams.find((it) => it.path === path);
  return own ? own.stream.nickname || own.stream.name : path;
}

/** Whether all values of a stream have a type, by its schema. */
export function isOf(type: string, path: string, streams: OwnStream[]): boolean {
  const own = streams.find((it) => it.path === path);
  return own !== undefined && parse(own.stream.schema).type === type;
}
