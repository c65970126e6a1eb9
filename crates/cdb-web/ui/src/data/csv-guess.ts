// What a file is taken for, by its beginning.

import { type Kind, kindOf, numberOf } from "./csv-cell.ts";
import { cellOf, Elements, membersOf, pointOf } from "./csv-json.ts";
import type { Column, Plan, Role } from "./csv-plan.ts";
import { Splitter, type TableRow, unique } from "./csv-split.ts";
import { dates, formatOf, isClock } from "./csv-when.ts";

// Those first that are rarer within cells.
const DELIMITERS = [";", "\t", "|", ","];

// So many rows are looked at.
const SAMPLE_ROWS = 1000;

const TIME_NAME =
  /^(t|ts|day|when|epoch|datum.*|date.*|time.*|zeit.*|uhrzeit|fecha|hora|.*[ _-]?(time|timestamp|date|zeit|datum|at))$/i;

/** The encoding of the beginning of a file. */
export function encodingOf(bytes: Uint8Array, isWhole: boolean): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
    return "utf-8";
  } catch {
    // What spreadsheets write where they do not write UTF-8.
    return "windows-1252";
  }
}

/** Guesses what a text is, from its beginning. */
export function guess(beginning: string, isWhole: boolean, encoding = "utf-8"): Plan {
  const trimmed = beginning.trimStart();
  const plan: Plan = {
    source: { type: "table", delimiter: "," },
    encoding,
    skip: 0,
    hasHeader: true,
    hasComma: false,
    columns: [],
    time: "iso",
    zone: "UTC",
    start: "",
    isAmbiguous: false,
    corrections: {},
  };
  return /^[[{]/.test(trimmed) || isOneValue(trimmed)
    ? guessJson(plan, trimmed, isWhole)
    : guessTable(plan, beginning, isWhole);
}

/** A JSON value alone in its line, which is no table. */
function isOneValue(text: string): boolean {
  const [line = ""] = text.split("\n", 1);
  return /^(-?\d[\d.eE+-]*|true|false|null|"[^"]*")\s*$/.test(line);
}

function guessJson(plan: Plan, text: string, isWhole: boolean): Plan {
  const isArray = isPoints(text);
  const elements = new Elements(isArray);
  const all = [...elements.push(text), ...(isWhole ? elements.end() : [])].slice(0, SAMPLE_ROWS);
  const rows = all.map(pointOf);
  const objects = all.flatMap(({ raw }, at) => {
    const isValue = rows[at]?.cells[0] === "" && !rows[at]?.problem;
    return (isValue && membersOf(raw)) || [];
  });
  const isTable = objects.length > 0 && objects.length === rows.length;
  if (!isTable) {
    const columns: Column[] = [
      { name: "t", role: "time", kind: "number" },
      { name: "d", role: "value", kind: "exact" },
    ];
    const hasTimes = rows.some(({ cells, problem }) => problem || cells[0] !== "");
    if (!hasTimes && columns[0]) columns[0].role = "out";
    return {
      ...plan,
      source: { type: "points", isArray },
      hasHeader: false,
      time: "point",
      columns,
    };
  }
  const names = [...new Set(objects.flatMap((members) => [...members.keys()]))];
  const cells = objects.map((members) => names.map((name) => cellOf(members.get(name))));
  const source = { type: "objects", isArray } as const;
  return withColumns({ ...plan, source, hasHeader: false }, names, cells);
}

/** Whether a text is one array of rows, and not a line with an array as its value. */
function isPoints(text: string): boolean {
  if (!text.startsWith("[")) return false;
  const [line = ""] = text.split("\n", 1);
  const isClosed = line.trim().endsWith("]") && text.length > line.length + 1;
  return /^\[\s*([{\]]|$)/.test(text) || !isClosed;
}

function guessTable(plan: Plan, beginning: string, isWhole: boolean): Plan {
  const lines = beginning.split("\n", 50);
  const skip = lines.findIndex((line, at) => !isBefore(line, lines[at + 1] ?? ""));
  const named = /^"?sep=(\\t|.)/i.exec(lines[0] ?? "")?.[1]?.replace("\\t", "\t");
  const delimiter = named ?? delimiterOf(beginning, skip, isWhole);
  const all = sample(beginning, delimiter, skip, isWhole);
  const source = { type: "table", delimiter } as const;
  const found = { ...plan, source, skip: Math.max(skip, 0) };
  return tableColumns({ ...found, hasHeader: isHeader(all[0]?.cells ?? []) }, all);
}

/** Whether a line comes before the table: `sep=;`, a comment, or nothing. */
function isBefore(line: string, next: string): boolean {
  if (!line.startsWith("#")) return /^\s*$|^"?sep=/i.test(line);
  if (/^\s*(#|$)/.test(next)) return true;
  // The names themselves may begin with #: then the row below has as many cells.
  const width = (of: string, delimiter: string) => of.split(delimiter).length;
  return !DELIMITERS.some((it) => width(line, it) > 1 && width(line, it) === width(next, it));
}

/** What the columns are, after something else of the plan was chosen. */
export function again(plan: Plan, beginning: string, isWhole: boolean): Plan {
  if (plan.source.type !== "table") return plan;
  const rows = sample(beginning, plan.source.delimiter, plan.skip, isWhole);
  return { ...tableColumns(plan, rows, plan.hasComma), zone: plan.zone };
}

function tableColumns(plan: Plan, rows: TableRow[], hasComma?: boolean): Plan {
  const [first] = rows;
  const width = first?.cells.length ?? 0;
  const names = plan.hasHeader
    ? unique((first?.cells ?? []).map((name) => name.trim().replace(/^#\s*/, "")))
    : Array.from({ length: width }, (_, i) => `${i + 1}`);
  const cells = rows.slice(plan.hasHeader ? 1 : 0).map((row) => row.cells);
  return withColumns(plan, names, cells, hasComma);
}

function sample(text: string, delimiter: string, skip: number, isWhole: boolean): TableRow[] {
  const splitter = new Splitter(delimiter);
  const rows: TableRow[] = [];
  for (const row of splitter.push(text)) {
    if (row.row > skip) rows.push(row);
    if (rows.length > SAMPLE_ROWS) return rows;
  }
  return isWhole ? [...rows, ...splitter.end()] : rows;
}

/** The delimiter that splits most rows into equally many cells. */
function delimiterOf(text: string, skip: number, isWhole: boolean): string {
  const scores = DELIMITERS.map((delimiter) => {
    const rows = sample(text, delimiter, skip, isWhole).slice(0, 50);
    const width = rows[0]?.cells.length ?? 0;
    const equal = rows.filter(({ cells }) => cells.length === width).length;
    return { delimiter, score: width > 1 ? equal / rows.length : 0 };
  });
  const best = Math.max(...scores.map(({ score }) => score));
  return scores.find(({ score }) => score === best && best > 0)?.delimiter ?? ",";
}

/** Whether cells are names: none of them is a number or a date. */
function isHeader(cells: string[]): boolean {
  const written = cells.map((cell) => cell.trim()).filter(Boolean);
  const isDatum = (cell: string) => numberOf(cell, true) !== undefined || dates([cell]).length > 0;
  return written.length > 0 && !written.some(isDatum);
}

function withColumns(plan: Plan, names: string[], rows: string[][], comma?: boolean): Plan {
  const cells = names.map((_, at) => rows.map((row) => (row[at] ?? "").trim()).filter(Boolean));
  const hasComma = comma ?? hasDecimalComma(cells.flat());
  const times = timeColumns(names, cells);
  const written = (rows.map((row) => times.map((at) => (row[at] ?? "").trim()).join(" ")) ?? [])
    .map((it) => it.trim())
    .filter(Boolean);
  const { format, isAmbiguous } = formatOf(written);
  const kinds = cells.map((column) => kindOf(column, hasComma));
  const role = rolesOf(names, kinds, times);
  const columns = names.map((name, at) => ({ name, role: role(at), kind: kinds[at] ?? "text" }));
  return { ...plan, hasComma, columns, time: format, isAmbiguous };
}

/** Values are numbers if there are any; otherwise what is true or false, then anything. */
function rolesOf(names: string[], kinds: (Kind | undefined)[], times: number[]) {
  const rest = names.flatMap((name, at) => (name !== "" && !times.includes(at) ? [at] : []));
  const order: Kind[] = ["number", "boolean", "json", "text"];
  const wanted = order.find((kind) => rest.some((at) => kinds[at] === kind));
  return (at: number): Role => {
    if (times.includes(at)) return "time";
    return rest.includes(at) && kinds[at] !== undefined && kinds[at] === wanted ? "value" : "out";
  };
}

function hasDecimalComma(cells: string[]): boolean {
  const commas = cells.filter((cell) => /^[+−-]?\d+,\d+$/.test(cell)).length;
  const points = cells.filter((cell) => /^[+−-]?\d+\.\d+$/.test(cell)).length;
  return commas > 0 && commas >= points;
}

/** The column with the times, or that with the dates and that with the times of day. */
function timeColumns(names: string[], cells: string[][]): number[] {
  const day = cells.findIndex((column) => dates(column).length > 0);
  const clock = cells.findIndex((column) => column.length > 0 && column.every(isClock));
  if (day !== -1 && clock !== -1) return [day, clock];
  if (day !== -1) {
    const named = cells.findIndex(
      (column, at) => dates(column).length > 0 && TIME_NAME.test(names[at] ?? ""),
    );
    return [named === -1 ? day : named];
  }
  const named = names.findIndex(
    (name, at) => TIME_NAME.test(name) && (cells[at] ?? []).every((it) => numberOf(it, false)),
  );
  if (named !== -1) return [named];
  // Numbers that are times of this century, in a column without such a name.
  const unix = cells.findIndex((column) => formatOf(column).isUnix);
  return unix === -1 ? [] : [unix];
}
