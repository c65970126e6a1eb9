// The cells of a table as JSON.

import { text } from "../text/en.ts";

/**
 * The type of the cells of a column; `json` for JSON where a cell is that, and text otherwise; `exact` for cells
 * that are JSON.
 */
export type Kind = "number" | "boolean" | "text" | "json" | "exact";

/** A cell as JSON, or what is wrong with it. */
export type Cell = { json: string } | { problem: string };

/** A number as JSON with all its digits, or `undefined`. What JSON does not allow, as `+5`, is converted. */
export function numberOf(cell: string, hasComma: boolean): string | undefined {
  const trimmed = cell.trim();
  const commas = trimmed.split(",").length - 1;
  const plain =
    hasComma && commas === 1 && !trimmed.includes(".") ? trimmed.replace(",", ".") : trimmed;
  const match = /^([+−-]?)(\d*)(?:(\.)(\d*))?(e[+-]?\d+)?$/i.exec(plain);
  const [, sign = "", whole = "", , fraction = "", exponent = ""] = match ?? [];
  if (!match || whole + fraction === "") return undefined;
  const digits = `${whole.replace(/^0+(?=\d)/, "") || "0"}${fraction && `.${fraction}`}${exponent}`;
  if (!Number.isFinite(Number(digits))) return undefined;
  return (sign === "" || sign === "+" ? "" : "-") + digits;
}

function booleanOf(cell: string): string | undefined {
  const lower = cell.toLowerCase();
  return lower === "true" || lower === "false" ? lower : undefined;
}

export function isJson(written: string): boolean {
  try {
    JSON.parse(written);
    return true;
  } catch {
    return false;
  }
}

/** The type of a column: that of most of its cells, so that some can be wrong. */
export function kindOf(cells: string[], hasComma: boolean): Kind | undefined {
  const counts = new Map<Kind, number>();
  for (const cell of cells) {
    const kind = kindOfCell(cell, hasComma);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const most = [...counts].find(([, count]) => count > cells.length / 2)?.[0];
  return most ?? (cells.length > 0 ? "text" : undefined);
}

function kindOfCell(cell: string, hasComma: boolean): Kind {
  // Digits that begin with a zero, as 00123, are a code and no number.
  if (numberOf(cell, hasComma) !== undefined && !/^0\d/.test(cell)) return "number";
  if (booleanOf(cell) !== undefined) return "boolean";
  return /^[{["]/.test(cell) && isJson(cell) ? "json" : "text";
}

/** A cell that is not empty, as JSON. */
export function jsonOf(kind: Kind, cell: string, hasComma: boolean): Cell {
  const { problems } = text.upload;
  if (cell.includes("\ufffd")) return { problem: problems.encoding(cell) };
  if (kind === "exact") return { json: cell };
  const number = numberOf(cell, hasComma);
  const boolean = booleanOf(cell);
  switch (kind) {
    case "number":
      return number === undefined ? { problem: notNumber(cell, hasComma) } : { json: number };
    case "boolean":
      return boolean === undefined ? { problem: problems.noBoolean(cell) } : { json: boolean };
    case "text":
      return { json: JSON.stringify(cell) };
    case "json":
      return { json: isJson(cell) ? cell : (number ?? boolean ?? JSON.stringify(cell)) };
  }
}

function notNumber(cell: string, hasComma: boolean): string {
  const { problems } = text.upload;
  const commas = cell.split(",").length - 1;
  if (hasComma && commas > 1) return problems.commas(cell, commas);
  if (!hasComma && numberOf(cell, true) !== undefined) return problems.comma(cell);
  return problems.noNumber(cell);
}
