import { describe, expect, it } from "vitest";
import type { Plot } from "../api/objects.ts";
import { shape } from "./shape.ts";

const plot = (columns: [number, number][][]): Plot => ({
  t1: 0,
  t2: 100,
  columns: 512,
  count: 0,
  t: columns.map((column) => column.map(([t]) => t)),
  d: columns.map((column) => column.map(([, d]) => d)),
});

describe("shape", () => {
  it("fits the first, smallest, largest and last point of each column", () => {
    const drawn = shape(
      plot([
        // First, smallest, largest, last; the largest comes before the smallest.
        [
          [0, 10],
          [3, 0],
          [2, 20],
          [4, 12],
        ],
        [
          [10, 11],
          [10, 11],
          [10, 11],
          [10, 11],
        ],
      ]),
      100,
      110,
    );
    expect(drawn?.lines.map((line) => line.map(([x, y]) => [x, Math.round(y)]))).toEqual([
      [
        [0, 55],
        [20, 5],
        [30, 105],
        [40, 45],
        [100, 50],
      ],
    ]);
    expect(drawn?.ticks.map(({ value }) => value)).toEqual([0, 5, 10, 15, 20]);
    expect(drawn?.end[0]).toBe(100);
  });

  it("breaks the line where there are no data", () => {
    const columns = [0, 1, 2, 3, 50, 51].map((t) => Array(4).fill([t, t]) as [number, number][]);
    expect(shape(plot(columns), 600, 100)?.lines.map((line) => line.length)).toEqual([4, 2]);
  });

  it("draws what never changes, and nothing of nothing", () => {
    const flat = shape(plot([Array(4).fill([5, 0.3]) as [number, number][]]), 100, 100);
    expect(flat?.lines).toEqual([[[0, 50]]]);
    expect(flat?.ticks.every(({ y }) => y >= 0 && y <= 100)).toBe(true);
    expect(shape(plot([]), 100, 100)).toBeUndefined();
  });
});
