// JSON in files: an array, whose elements are read piece by piece, or a value in each line.

import { text } from "../text/en.ts";
import type { TableRow } from "./csv-split.ts";

// The server reads the value as part of a datapoint in an array, two levels deeper.
const MAX_DEPTH = 125;

/** A piece of JSON, and where in the file it is: its line, or its number in the array. */
export interface Element {
  row: number;
  raw: string;
}

/** Gives the elements of an array, or the lines, of a text that comes in pieces. */
export class Elements {
  private rest = "";
  private row = 0;
  // Where the array goes on.
  private at = 0;
  private depth = 0;
  private isString = false;

  constructor(private readonly isArray: boolean) {}

  *push(piece: string): Generator<Element> {
    this.rest += piece;
    yield* this.isArray ? this.elements() : this.lines();
  }

  *end(): Generator<Element> {
    if (!this.isArray) {
      this.rest += "\n";
      yield* this.lines();
      return;
    }
    const raw = this.rest.trim();
    // The file was cut within an element.
    if (this.depth > 0 && raw !== "") yield { row: this.row + 1, raw };
  }

  private *lines(): Generator<Element> {
    const lines = this.rest.split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      this.row += 1;
      const raw = line.trim();
      if (raw !== "") yield { row: this.row, raw };
    }
  }

  private *elements(): Generator<Element> {
    const { rest } = this;
    let start = 0;
    let { at } = this;
    for (; at < rest.length; at += 1) {
      const char = rest[at];
      if (this.isString) {
        // An escape at the end of a piece waits for the next one.
        if (char === "\\" && at === rest.length - 1) break;
        if (char === "\\") at += 1;
        else if (char === '"') this.isString = false;
      } else if (char === '"') {
        this.isString = true;
      } else if (char === "[" || char === "{") {
        this.depth += 1;
        if (this.depth === 1) start = at + 1;
      } else if (char === "]" || char === "}") {
        this.depth -= 1;
      }
      if (this.isString || (char !== "," && char !== "]")) continue;
      const isEnd = char === "]" && this.depth === 0;
      if (!isEnd && !(char === "," && this.depth === 1)) continue;
      const raw = rest.slice(start, at).trim();
      start = at + 1;
      if (raw === "" && isEnd) continue;
      this.row += 1;
      yield { row: this.row, raw };
    }
    this.rest = rest.slice(start);
    this.at = at - start;
  }
}

/** The members of an object, as they are written. `undefined` for anything else. */
export function membersOf(raw: string): Map<string, string> | undefined {
  if (!raw.startsWith("{")) return undefined;
  const members = new Map<string, string>();
  const elements = new Elements(true);
  // The members are separated as the elements of an array are.
  const all = [...elements.push(`[${raw.slice(1, -1)}]`)];
  for (const { raw: member } of all) {
    const key = /^"(?:[^"\\]|\\.)*"/.exec(member)?.[0] ?? '""';
    members.set(JSON.parse(key), member.slice(member.indexOf(":", key.length) + 1).trim());
  }
  return members;
}

/** What is wrong with a piece of JSON, if anything is. */
export function problemOf(raw: string): string | undefined {
  const { problems } = text.upload;
  try {
    JSON.parse(raw);
  } catch {
    return /^[[{]/.test(raw) && !/[\]}]$/.test(raw) ? problems.cut : problems.noJson(raw);
  }
  return depthOf(raw) > MAX_DEPTH + 1 ? problems.deep(MAX_DEPTH) : undefined;
}

function depthOf(raw: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of raw.replace(/"(?:[^"\\]|\\.)*"/g, "")) {
    if (char === "[" || char === "{") depth += 1;
    if (char === "]" || char === "}") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** JSON in which halves of characters, which some programs write, are U+FFFD. */
function whole(raw: string): string {
  if (!/\\u[dD]/.test(raw)) return raw;
  const parts = /\\\\|(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F]../g;
  return raw.replace(parts, (part, pair) => (part === "\\\\" || pair ? part : "\\ufffd"));
}

const POINT = ["t", "d", "o"];

/** An element as a row of its time and its value. What is no datapoint is a value without a time. */
export function pointOf({ row, raw }: Element): TableRow {
  const problem = problemOf(raw);
  if (problem) return { row, cells: [raw, ""], problem };
  const members = membersOf(raw);
  const keys = [...(members?.keys() ?? [])];
  const [t, d] = [members?.get("t"), members?.get("d")];
  const isPoint = t !== undefined || d !== undefined;
  if (!members || !isPoint) return { row, cells: ["", whole(raw)] };
  if (!keys.every((key) => POINT.includes(key))) {
    if (t === undefined || d === undefined) return { row, cells: ["", whole(raw)] };
    return { row, cells: [raw, ""], problem: text.upload.problems.noPoint };
  }
  return { row, cells: [cellOf(t), whole(d ?? "null")] };
}

/** JSON as a cell of a table: a text without its quotes. */
export function cellOf(raw: string | undefined): string {
  if (raw === undefined || raw === "null") return "";
  return raw.startsWith('"') ? String(JSON.parse(raw)) : raw;
}

/** The cells of an object under the names of columns. */
export function cellsOf({ row, raw }: Element, names: string[]): TableRow {
  const problem = problemOf(raw);
  const members = problem ? undefined : membersOf(raw);
  if (!members) return { row, cells: [raw], problem: problem ?? text.upload.problems.noObject };
  return { row, cells: names.map((name) => cellOf(members.get(name))) };
}
