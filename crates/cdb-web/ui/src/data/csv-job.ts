// A file that is read, checked and sent. It runs in a worker, so that the page stays quick.

import { latest, type Plot } from "../api/objects.ts";
import { text } from "../text/en.ts";
import { again, encodingOf, guess } from "./csv-guess.ts";
import { streamApi } from "./csv-http.ts";
import type { FromWorker, PreviewRow, Result, Target } from "./csv-messages.ts";
import { type Ordered, Ordering, type Points } from "./csv-order.ts";
import { type Plan, withRole } from "./csv-plan.ts";
import { type Bad, PointReader, RowReader } from "./csv-read.ts";
import { markThere, Stopped, sendAll } from "./csv-send.ts";

// So much of a file is looked at to guess what it is, in bytes.
const SAMPLE = 256 * 1024;

const PREVIEW_ROWS = 5;

// So many refused rows are shown, and kept for the file of refused rows.
const MAX_REFUSED = 10_000;

const COLUMNS = 400;

// So many refused rows are marked in the picture.
const MAX_MARKS = 100;

export class Job {
  private beginning = "";
  private points: Points | undefined;
  private there = new Uint8Array(0);
  private lastT: number | undefined;
  private refused: Bad[] = [];
  // A check that was begun later ends those before it.
  private current = 0;
  private isStopped = false;

  constructor(
    private readonly file: Blob,
    private readonly zone: string,
    private readonly tell: (message: FromWorker) => void,
  ) {}

  private get isWhole(): boolean {
    return this.file.size <= SAMPLE;
  }

  async open(): Promise<void> {
    const bytes = new Uint8Array(await this.file.slice(0, SAMPLE).arrayBuffer());
    const encoding = encodingOf(bytes, this.isWhole);
    this.beginning = new TextDecoder(encoding).decode(bytes);
    // XML, such as a track of a GPS, or a page that asks for a password.
    if (/^\s*</.test(this.beginning)) throw new Error(text.upload.noTable);
    const plan = { ...guess(this.beginning, this.isWhole, encoding), zone: this.zone };
    this.tell({ type: "opened", plan, size: this.file.size });
  }

  split(plan: Plan): void {
    const next = again(plan, this.beginning, this.isWhole);
    this.tell({ type: "opened", plan: next, size: this.file.size });
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Reads all of the file, and says what would be written. */
  async check(plan: Plan, target: Target | undefined): Promise<void> {
    this.current += 1;
    const mine = this.current;
    const started = performance.now();
    const now = Date.now() / 1000;
    const points = new PointReader(plan, target?.schema ?? {}, now);
    this.tell({ type: "preview", rows: preview(plan, this.beginning, this.isWhole, now) });
    const rows = new RowReader(plan);
    const ordering = new Ordering();
    this.refused = [];
    let [bad, empty] = [0, 0];
    const refuse = (one: Bad) => {
      bad += 1;
      if (this.refused.length < MAX_REFUSED) this.refused.push(one);
    };
    const take = (found: ReturnType<RowReader["push"]>) => {
      for (const row of found) {
        const one = points.read(row);
        if (one === "empty") empty += 1;
        else if ("problem" in one) refuse(one);
        else ordering.push(one);
      }
    };
    let done = 0;
    const decoder = new TextDecoder(plan.encoding);
    for await (const bytes of pieces(this.file)) {
      if (this.current !== mine) return;
      take(rows.push(decoder.decode(bytes, { stream: true })));
      done += bytes.length;
      this.tell({ type: "progress", done, all: this.file.size, isWaiting: false });
    }
    take(rows.push(decoder.decode()));
    take(rows.end());
    const ordered = ordering.finish();
    const [column = 0] = withRole(plan, "time");
    for (const row of ordered.unclear) {
      refuse({ row, cells: [], column, problem: text.upload.problems.unclear });
    }
    await this.compare(ordered.points, target);
    if (this.current !== mine) return;
    const isNow = withRole(plan, "time").length === 0;
    const result = this.result(ordered, { bad, empty, isNow });
    const seconds = (performance.now() - started) / 1000;
    this.tell({ type: "checked", result: { ...result, seconds } });
  }

  /** Finds what the stream has already. */
  private async compare(points: Points, target: Target | undefined): Promise<void> {
    this.points = points;
    this.there = new Uint8Array(points.t.length);
    this.lastT = undefined;
    if (!target) return;
    const [known] = await latest([target.path]);
    this.lastT = known?.last?.t;
    await markThere(streamApi(target.path), points, this.there);
  }

  private result(
    { points, order, isTold }: Ordered,
    counts: { bad: number; empty: number; isNow: boolean },
  ): Omit<Result, "seconds"> {
    const { t } = points;
    const there = this.there.reduce((sum, it) => sum + it, 0);
    const lastT = this.lastT;
    const isLate = (at: number) => lastT !== undefined && (t[at] ?? 0) < lastT && !this.there[at];
    return {
      ...counts,
      good: t.length - there,
      there,
      late: t.reduce((sum, _, at) => sum + (isLate(at) ? 1 : 0), 0),
      refused: this.refused,
      first: t[0],
      last: t[t.length - 1],
      order,
      isTold,
      plot: plotOf(points),
      marks: marksOf(points, this.refused),
    };
  }

  async write(target: Target): Promise<void> {
    const { points, there } = this;
    if (!points) return;
    this.isStopped = false;
    const all = points.t.length - there.reduce((sum, it) => sum + it, 0);
    const refused: Bad[] = [];
    let sent = 0;
    const onProgress = (done: number, isWaiting: boolean) => {
      sent = done;
      this.tell({ type: "progress", done, all, isWaiting });
    };
    const onRefused = (at: number, problem: string) => {
      const json = points.json[at] ?? "";
      refused.push({ row: points.rows[at] ?? 0, cells: [json], column: undefined, problem });
    };
    const { lastT } = this;
    try {
      const api = streamApi(target.path);
      const { canAppend } = target;
      const isStopped = () => this.isStopped;
      await sendAll({ api, points, there, canAppend, lastT, onProgress, onRefused, isStopped });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    this.tell({ type: "written", sent, refused, isStopped: this.isStopped });
  }
}

/** The bytes of a file, piece by piece. */
async function* pieces(file: Blob): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function preview(plan: Plan, beginning: string, isWhole: boolean, now: number): PreviewRow[] {
  const points = new PointReader(plan, {}, now);
  const rows = new RowReader(plan);
  const shown: PreviewRow[] = [];
  const all = function* () {
    yield* rows.push(beginning);
    if (isWhole) yield* rows.end();
  };
  for (const row of all()) {
    const when = points.when(row.cells);
    const value = row.problem ? undefined : points.value(row.cells);
    const t = typeof when === "number" ? when : "first" in when ? when.first : undefined;
    const json = value && "json" in value ? value.json : undefined;
    shown.push({ row: row.row, cells: row.cells, t, json, problem: row.problem });
    if (shown.length === PREVIEW_ROWS) break;
  }
  return shown;
}

/** The smallest and the largest number of each of some columns of time, as the server gives them. */
function plotOf({ t, json }: Points): Plot | undefined {
  const [t1, t2] = [t[0], t[t.length - 1]];
  if (t1 === undefined || t2 === undefined || !/^-?\d/.test(json[0] ?? "")) return undefined;
  const plot: Plot = { t1, t2, columns: COLUMNS, count: t.length, t: [], d: [] };
  const width = (t2 - t1) / COLUMNS || 1;
  let column = -1;
  t.forEach((time, at) => {
    const d = Number(json[at]);
    if (Number.isNaN(d)) return;
    const own = Math.floor((time - t1) / width);
    if (own !== column) {
      column = own;
      plot.t.push([time, time, time, time]);
      plot.d.push([d, d, d, d]);
      return;
    }
    const [times, values] = [plot.t.at(-1) ?? [], plot.d.at(-1) ?? []];
    if (d < (values[1] ?? 0)) [times[1], values[1]] = [time, d];
    if (d > (values[2] ?? 0)) [times[2], values[2]] = [time, d];
    [times[3], values[3]] = [time, d];
  });
  return plot;
}

/** The times of good rows that are beside those that are refused. */
function marksOf({ rows, t }: Points, refused: Bad[]): number[] {
  const numbers = [...rows.keys()].sort((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0));
  let at = 0;
  const sorted = refused.slice(0, MAX_MARKS).sort((a, b) => a.row - b.row);
  return sorted.flatMap(({ row }) => {
    while (at + 1 < numbers.length && (rows[numbers[at + 1] ?? 0] ?? 0) < row) at += 1;
    return t[numbers[at] ?? 0] ?? [];
  });
}
