import { describe, expect, it } from "vitest";
import { type Sample, Source } from "../data/tiles-source.ts";
import { bandOf, linesOf, meansOf, nextTime, readingAt } from "./lines.ts";
import { rowsOf } from "./rows.ts";

const points = (...times: number[]): Sample[] => times.map((t) => ({ t, d: t * 10 }));
const source = (samples: Sample[], t1 = 0, t2 = 100) =>
  Source.of({ t1, t2 }, samples, samples.length);
const frame = { x: (t: number) => t, y: (d: number) => d, width: 100 };

describe("rows", () => {
  it("are those of a range, with one more at each side, but they do not count", () => {
    const rows = rowsOf([source(points(1, 2, 3, 4, 5, 6))], { t1: 2, t2: 4 }, 1);
    expect(linesOf(rows, frame)).toEqual([[2, 20, 3, 30, 4, 40, 5, 50]]);
    expect([rows.count, rows.min, rows.max, rows.mean]).toEqual([2, 30, 40, 35]);
  });

  it("come from the best source for each part, each once", () => {
    const left = source(points(1, 2, 3), 0, 3);
    const right = source(points(4, 5, 6), 3, 10);
    const rows = rowsOf([right, left], { t1: 0, t2: 10 }, 1);
    expect(linesOf(rows, frame)[0]?.filter((_, i) => i % 2 === 0)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("have a gap where more than five usual distances are without data", () => {
    const rows = rowsOf([source(points(1, 2, 3, 8, 9, 10, 15.5, 16))], { t1: 0, t2: 100 }, 1);
    expect([...rows.gaps.values()]).toEqual([{ t1: 10, t2: 15.5 }]);
    expect(linesOf(rows, frame)).toHaveLength(2);
    expect(meansOf(rows, frame, 3)).toHaveLength(2);
  });

  it("have none where the stream was written less often before", () => {
    const seldom = [10, 20, 30, 40, 50];
    const often = Array.from({ length: 30 }, (_, i) => 60 + i / 10);
    const rows = rowsOf([source(points(...seldom, ...often))], { t1: 0, t2: 100 }, 1);
    expect(rows.gaps.size).toBe(0);
  });

  it("have none where all are far from each other", () => {
    expect(rowsOf([source(points(10, 40, 80))], { t1: 0, t2: 100 }, 1).gaps.size).toBe(0);
  });
});

describe("a band", () => {
  it("has the pixels that the line goes through, from column to column", () => {
    const line = source([
      { t: 0.5, d: 10 },
      { t: 2.5, d: 50 },
      { t: 2.7, d: 0 },
    ]);
    const { top, bottom } = bandOf(rowsOf([line], { t1: 0, t2: 4 }, 1), { ...frame, width: 4 });
    expect([...top]).toEqual([10, 20, 0, Number.POSITIVE_INFINITY]);
    expect([...bottom]).toEqual([20, 40, 50, Number.NEGATIVE_INFINITY]);
  });

  it("is the same from all points and from the four of each column", () => {
    const samples = Array.from({ length: 5000 }, (_, i) => ({
      t: (i + 1) / 50,
      d: Math.sin(i * 12.9898) * 100 + Math.sin(i / 100) * 300,
    }));
    const reduced = new Source(0, 100, 1, new Float64Array(0), 0);
    reduced.isOpen = true;
    for (const sample of samples) reduced.fold(sample);
    expect(reduced.size).toBe(100);
    const range = { t1: 0, t2: 100 };
    const [all, four] = [source(samples), reduced].map((it) =>
      bandOf(rowsOf([it], range, 1), frame),
    );
    expect(four).toEqual(all);
  });
});

describe("the cursor", () => {
  const rows = rowsOf([source(points(1, 2, 3, 50, 51))], { t1: 0, t2: 100 }, 1);

  it("reads what is in its pixel, or else what is nearest", () => {
    expect(readingAt(rows, 2, 1)).toMatchObject({ count: 3, min: 10, max: 30, mean: 20 });
    expect(readingAt(rows, 40, 1)).toMatchObject({ t1: 50, count: 1, mean: 500 });
  });

  it("goes by pixels, and over what is empty", () => {
    expect(nextTime(rows, 1, 1)).toBe(2);
    expect(nextTime(rows, 1, 2)).toBe(3);
    expect(nextTime(rows, 3, 1)).toBe(50);
    expect(nextTime(rows, 50, -1)).toBe(3);
    expect(nextTime(rows, 51, 1)).toBe(undefined);
  });
});
