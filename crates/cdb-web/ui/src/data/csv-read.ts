// The rows of a file, and what each of them comes to.

import { text } from "../text/en.ts";
import { complaint } from "./check.ts";
import { type Cell, jsonOf } from "./csv-cell.ts";
import { cellsOf, Elements, pointOf } from "./csv-json.ts";
import { type Plan, withRole } from "./csv-plan.ts";
import { Splitter, type TableRow } from "./csv-split.ts";
import { TimeReader, type When } from "./csv-time.ts";
import type { Schema } from "./schema.ts";

/** A row that can be stored. */
export interface Good {
  row: number;
  when: Exclude<When, { problem: string }>;
  json: string;
}

/** A row that cannot. */
export interface Bad {
  row: number;
  cells: string[];
  /** The column that is to blame, if it is one. */
  column: number | undefined;
  problem: string;
}

export type Read = Good | Bad | "empty";

/** Gives the rows of a file whose text comes in pieces. */
export class RowReader {
  private readonly splitter: Splitter | Elements;
  private readonly names: string[];

  constructor(private readonly plan: Plan) {
    const { source } = plan;
    this.names = plan.columns.map(({ name }) => name);
    this.splitter =
      source.type === "table" ? new Splitter(source.delimiter) : new Elements(source.isArray);
  }

  *push(piece: string): Generator<TableRow> {
    yield* this.rows(this.splitter.push(piece));
  }

  *end(): Generator<TableRow> {
    yield* this.rows(this.splitter.end());
  }

  private *rows(found: Generator<TableRow | { row: number; raw: string }>): Generator<TableRow> {
    const { source, skip, hasHeader, corrections } = this.plan;
    let isFirst = false;
    for (const one of found) {
      if (one.row <= skip) continue;
      if ("raw" in one) {
        yield this.corrected(source.type === "points" ? pointOf(one) : cellsOf(one, this.names));
        continue;
      }
      isFirst = hasHeader && !this.hasNames;
      this.hasNames = true;
      if (!isFirst) yield corrections[one.row] ? this.corrected(one) : one;
    }
  }

  private hasNames = false;

  private corrected(row: TableRow): TableRow {
    const given = this.plan.corrections[row.row];
    if (!given) return row;
    return { ...row, cells: row.cells.map((cell, at) => given[at] ?? cell) };
  }
}

/** Reads rows as datapoints of a stream. */
export class PointReader {
  private readonly times: TimeReader;
  private readonly timeColumns: number[];
  private readonly valueColumns: number[];
  // The decimal mark of each column, once it has one.
  private readonly marks = new Map<number, string>();

  constructor(
    private readonly plan: Plan,
    private readonly schema: Schema,
    /** The time of rows of a file without times. */
    private readonly now: number,
  ) {
    const { zone } = plan;
    const reader = new TimeReader({ format: "iso", zone, start: undefined });
    const begun = plan.start ? reader.read(plan.start) : undefined;
    const from = typeof begun === "number" ? begun : undefined;
    this.times = new TimeReader({ format: plan.time, zone, start: from });
    this.timeColumns = withRole(plan, "time");
    this.valueColumns = withRole(plan, "value");
  }

  read(row: TableRow): Read {
    const { cells } = row;
    const bad = (problem: string, column?: number): Bad => ({
      row: row.row,
      cells,
      column,
      problem,
    });
    if (row.problem) return bad(row.problem);
    if (row.isOpen) return bad(text.upload.problems.open);
    const width = this.plan.columns.length;
    if (cells.length !== width) return bad(text.upload.problems.width(cells.length, width));
    const when = this.when(cells);
    if (typeof when === "object" && "problem" in when)
      return bad(when.problem, this.timeColumns[0]);
    const value = this.value(cells);
    if (value === undefined) return "empty";
    if ("problem" in value) return bad(value.problem, value.column);
    const wrong = this.mismatch(value.json);
    if (wrong) return bad(wrong, this.valueColumns.length === 1 ? this.valueColumns[0] : undefined);
    return { row: row.row, when, json: value.json };
  }

  /** The time of a row: its cells of time with a blank between them. */
  when(cells: string[]): When {
    if (this.timeColumns.length === 0) return this.now;
    return this.times.read(this.timeColumns.map((at) => (cells[at] ?? "").trim()).join(" "));
  }

  /** The value of a row: a cell, or an object of several. `undefined` if they are empty. */
  value(cells: string[]): { json: string } | { problem: string; column: number } | undefined {
    const [only, ...others] = this.valueColumns;
    if (only !== undefined && others.length === 0) return this.cell(cells, only);
    const members: string[] = [];
    for (const at of this.valueColumns) {
      const cell = this.cell(cells, at);
      if (cell && "problem" in cell) return cell;
      const name = JSON.stringify(this.plan.columns[at]?.name);
      if (cell) members.push(`${name}:${cell.json}`);
    }
    return members.length > 0 ? { json: `{${members.join(",")}}` } : undefined;
  }

  private cell(
    cells: string[],
    at: number,
  ): { json: string } | { problem: string; column: number } | undefined {
    const { columns, hasComma } = this.plan;
    const cell = (cells[at] ?? "").trim();
    const kind = columns[at]?.kind ?? "text";
    if (cell === "") return undefined;
    const mixed = hasComma && kind === "number" ? this.otherMark(cell, at) : undefined;
    const json: Cell = mixed ?? jsonOf(kind, cell, hasComma);
    return "problem" in json ? { ...json, column: at } : json;
  }

  /** 1.234 and 950,5 in one column: the point may separate thousands. */
  private otherMark(cell: string, at: number): Cell | undefined {
    const mark = /[.,]/.exec(cell)?.[0];
    if (!mark) return undefined;
    const before = this.marks.get(at);
    if (before === undefined) this.marks.set(at, mark);
    return before === undefined || before === mark
      ? undefined
      : { problem: text.upload.problems.marks(cell, before) };
  }

  private mismatch(json: string): string | undefined {
    return Object.keys(this.schema).length === 0
      ? undefined
      : complaint(this.schema, JSON.parse(json));
  }
}
