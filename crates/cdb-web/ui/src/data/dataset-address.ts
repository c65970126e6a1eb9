// A question as the query string of its page, so that it is a link.

import type { Column, Every, Table } from "./dataset.ts";
import { HERE, isDay, isMoment, isZone } from "./dataset-time.ts";
import { timeZone } from "./preferences.ts";

/** A table, or the values of several streams as one series. */
export type Shape = "table" | "series";

export interface Question extends Table {
  shape: Shape;
}

const EVERY: Every[] = ["10min", "hour", "day", "week", "month", "value"];

const SERIES = "series";

/** What is asked unless the address says otherwise. */
export const DEFAULT: Question = {
  shape: "table",
  every: "day",
  x: "",
  from: "90d",
  to: "now",
  zone: HERE,
  columns: [],
  isComplete: true,
};

/** A column as `mean:user/device/stream`. A script may have colons, a path has none. */
function parseColumn(text: string): Column {
  const at = text.lastIndexOf(":");
  return { how: text.slice(0, at), path: text.slice(at + 1) };
}

export function isPath(path: string): boolean {
  return /^[^/\s]+\/[^/\s]+\/[^/\s]+$/.test(path);
}

/** Reads a query string. What it does not say, or says wrongly, is as by default. */
export function parseQuestion(search: string): Question {
  const said = new URLSearchParams(search);
  const every = EVERY.find((it) => it === said.get("every")) ?? DEFAULT.every;
  const from = said.get("from") ?? "";
  const to = said.get("to") ?? "";
  const zone = said.get("zone") ?? "";
  return {
    shape: said.get("every") === SERIES ? "series" : "table",
    every,
    x: said.get("of") ?? "",
    from: isDay(from) || isMoment(from) || /^\d{1,5}d$/.test(from) ? from : DEFAULT.from,
    to: isDay(to) || isMoment(to) ? to : DEFAULT.to,
    zone: zone && isZone(zone) ? zone : timeZone.value,
    columns: said
      .getAll("column")
      .map(parseColumn)
      .filter(({ how, path }) => how && isPath(path)),
    isComplete: said.get("keep") !== "any",
  };
}

/** Writes a query string, with what else it has. */
export function addressOf(question: Question, search: string): string {
  const said = new URLSearchParams(search);
  for (const key of ["every", "of", "from", "to", "zone", "column", "keep"]) said.delete(key);
  said.set("every", question.shape === "series" ? SERIES : question.every);
  if (question.every === "value" && question.x) said.set("of", question.x);
  said.set("from", question.from);
  said.set("to", question.to);
  said.set("zone", question.zone);
  for (const { how, path } of question.columns) said.append("column", `${how}:${path}`);
  if (!question.isComplete) said.set("keep", "any");
  // Slashes and colons mean nothing here, and are easier to read.
  return `?${said.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}
