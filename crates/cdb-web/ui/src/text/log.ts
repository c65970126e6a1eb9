// An entry of the log of changes, in words.

import { text } from "./en.ts";

export interface LogEntry {
  /** What was done: `CreateStream`. */
  cmd: string;
  /** To what: its path. */
  arg: string;
  /** Which device did it; of changes of datapoints only. */
  by?: string;
  removed?: number;
  inserted?: number;
}

/** Reads an entry. What is no entry is `undefined`. */
export function logEntry(d: unknown): LogEntry | undefined {
  const { cmd, arg } = (typeof d === "object" && d !== null ? d : {}) as Partial<LogEntry>;
  return typeof cmd === "string" && typeof arg === "string" ? (d as LogEntry) : undefined;
}

export interface Words {
  /** What it is: "Stream". */
  kind: string;
  path: string;
  /** What was done: "created". */
  done: string;
  /** Where it is now, if it can be looked at. */
  to: string | undefined;
}

export function words(entry: LogEntry): Words {
  const { cmd, arg } = entry;
  const [, verb = "", kind = ""] = /^([A-Z][a-z]+)([A-Z]\w*)$/.exec(cmd) ?? [];
  const known = text.log.verbs[verb];
  const isGone = verb === "Delete";
  const isShown = kind === "Device" || kind === "Stream" || kind === "Data";
  return {
    kind: text.log.kinds[kind] ?? kind,
    path: arg,
    done: kind === "Data" ? text.log.data(entry.removed ?? 0, entry.inserted ?? 0) : (known ?? cmd),
    to: isShown && !isGone ? `/${arg}` : undefined,
  };
}
