// Splitting tables into rows of cells, piece by piece.

export interface TableRow {
  /** The number of the row, as a spreadsheet counts: the names of the columns are row 1. */
  row: number;
  cells: string[];
  /** Whether a quote was opened and not closed before the end of the file. */
  isOpen?: boolean;
  /** Why it is no row at all. */
  problem?: string;
}

const QUOTE = '"';

/** Gives the rows of a table whose text comes in pieces, with quoted cells as RFC 4180 has them. */
export class Splitter {
  private rest = "";
  private row = 0;

  constructor(private readonly delimiter: string) {}

  /** The rows that are complete with another piece of the text. */
  *push(piece: string): Generator<TableRow> {
    this.rest += piece;
    yield* this.records(false);
  }

  /** The last row, which need not end with a line break. */
  *end(): Generator<TableRow> {
    if (this.rest !== "") this.rest += "\n";
    yield* this.records(true);
  }

  private *records(isEnd: boolean): Generator<TableRow> {
    const text = this.rest;
    const breaks = new Breaks(text, isEnd);
    let start = 0;
    while (start < text.length) {
      const found = this.recordAt(text, start, breaks, isEnd);
      if (!found) break;
      start = found.next;
      this.row += 1;
      const { cells } = found;
      const record = { row: this.row, cells, ...(found.isOpen ? { isOpen: true } : {}) };
      // Spreadsheets write rows of nothing at the end.
      if (cells.some((cell) => cell.trim() !== "")) yield record;
    }
    this.rest = text.slice(start);
  }

  /** The row that begins somewhere, and where the next one does, unless it goes on in the next piece. */
  private recordAt(text: string, start: number, breaks: Breaks, isEnd: boolean): Found | undefined {
    const end = breaks.after(start);
    if (end === undefined) return undefined;
    const line = text.slice(start, end);
    if (!line.includes(QUOTE)) {
      return { cells: line.split(this.delimiter), next: breaks.next(end), isOpen: false };
    }
    return this.quotedAt(text, start, breaks, isEnd);
  }

  private quotedAt(text: string, start: number, breaks: Breaks, isEnd: boolean): Found | undefined {
    const cells: string[] = [];
    let from = start;
    let isOpen = false;
    for (;;) {
      let cell = "";
      // A quote within a cell, such as in `5" pipe`, is a letter like others.
      if (text[from] === QUOTE) {
        const close = closing(text, from + 1);
        if (close === undefined && !isEnd) return undefined;
        isOpen = close === undefined;
        cell = text.slice(from + 1, close ?? text.length - 1).replaceAll('""', QUOTE);
        from = (close ?? text.length - 2) + 1;
      }
      const end = breaks.after(from);
      if (end === undefined) return undefined;
      const next = text.indexOf(this.delimiter, from);
      const isLast = next === -1 || next > end;
      cells.push(cell + text.slice(from, isLast ? end : next));
      if (isLast) return { cells, next: breaks.next(end), isOpen };
      from = next + this.delimiter.length;
    }
  }
}

interface Found {
  cells: string[];
  next: number;
  isOpen: boolean;
}

/** The line breaks of a text: LF, CRLF, or CR alone, as very old programs write them. */
class Breaks {
  // The first of each at or after the place that was asked for last; each place is looked at once.
  private newline = -1;
  private old = -1;

  constructor(
    private readonly text: string,
    private readonly isEnd: boolean,
  ) {}

  /** The first one at or after a place. */
  after(start: number): number | undefined {
    if (this.newline < start) this.newline = this.find("\n", start);
    if (this.old < start) this.old = this.find("\r", start);
    const first = Math.min(this.newline, this.old);
    // A carriage return at the very end may be the first half of a line break.
    const isHalf = first === this.text.length - 1 && this.text[first] === "\r" && !this.isEnd;
    return first === Number.POSITIVE_INFINITY || isHalf ? undefined : first;
  }

  /** Where the line after one begins. */
  next(end: number): number {
    return end + (this.text.startsWith("\r\n", end) ? 2 : 1);
  }

  private find(what: string, from: number): number {
    const at = this.text.indexOf(what, from);
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  }
}

/** Where a quoted cell ends; two quotes in it are one. */
function closing(text: string, from: number): number | undefined {
  let at = text.indexOf(QUOTE, from);
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at === -1 ? undefined : at;
}

/** Names made unique: the second of two equal ones gets ` (2)`. */
export function unique(names: string[]): string[] {
  const taken: string[] = [];
  names.forEach((name, index) => {
    const later = names.slice(index + 1);
    let candidate = name;
    for (let n = 2; taken.includes(candidate) || (n > 2 && later.includes(candidate)); n += 1) {
      candidate = `${name} (${n})`;
    }
    taken.push(candidate);
  });
  return taken;
}
