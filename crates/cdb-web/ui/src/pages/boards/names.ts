// What a board says of a stream.

import { hasNumbers, type OwnStream } from "../../data/dataset-streams.ts";
import { parse } from "../../data/schema.ts";
import type { BoardView, Kind } from "./board.ts";

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

/** How a stream is pinned first: as a line, as what was on or off, or else by its newest value. */
export function viewOf(path: string, streams: OwnStream[]): BoardView {
  const own = streams.find((it) => it.path === path);
  const title = nameOf(path, streams);
  return { kind: own ? kindOf(own) : "plot", title, streams: [path] };
}

/** A view of the page of a stream, as the address of all boards has it; `undefined` if it has none. */
export function pinnedView(said: URLSearchParams, path: string): BoardView | undefined {
  const view = said.get("view");
  if (!view) return undefined;
  const [script, transform] = [said.get("script"), said.get("transform")];
  return {
    kind: "view",
    title: said.get("title") ?? "",
    streams: [path],
    pinned: { view, ...(script ? { script } : {}), ...(transform ? { transform } : {}) },
  };
}

function kindOf(own: OwnStream): Kind {
  const schema = parse(own.stream.schema);
  if (schema.type === "boolean" || schema.enum) return "states";
  return hasNumbers(own) ? "plot" : "numbers";
}
