import { describe, expect, it } from "vitest";
import { chance, correlation, pairs, ranked, regression } from "./correlation.ts";

describe("a correlation", () => {
  it("is that of a book", () => {
    // F. J. Anscombe, Graphs in Statistical Analysis, 1973: r = 0.81642, y = 3.00 + 0.500 x.
    const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    const points = pairs(x, y);
    expect(correlation(points).r).toBeCloseTo(0.81642, 5);
    expect(regression(points)?.a).toBeCloseTo(3.0, 2);
    expect(regression(points)?.b).toBeCloseTo(0.5, 3);
  });

  it("is −1 where one column falls as the other rises", () => {
    const up = [1, 2, 3].map((x): [number, number] => [1e6 + x, -5e6 - 5 * x]);
    expect(correlation(up).r).toBeCloseTo(-1, 12);
  });

  it("is none of what does not change", () => {
    const flat = [1, 2, 3, 4].map((x): [number, number] => [x, 0.1]);
    expect(correlation(flat)).toEqual({ r: undefined, n: 4 });
    expect(correlation([])).toEqual({ r: undefined, n: 0 });
    expect(regression([[1, 2]])).toBeUndefined();
  });

  it("takes rows with both values, also of the row before", () => {
    const a = [1, null, 3, true, "x"];
    const b = [10, 20, 30, 40, 50];
    expect(pairs(a, b)).toEqual([
      [1, 10],
      [3, 30],
      [1, 40],
    ]);
    expect(pairs(a, b, 1)).toEqual([
      [3, 20],
      [1, 30],
    ]);
  });
});

describe("chance", () => {
  it("is as tables have it", () => {
    // Critical values of r at 5 %, two-sided.
    expect(chance(9)).toBeCloseTo(0.666, 2);
    expect(chance(20)).toBeCloseTo(0.444, 2);
    expect(chance(102)).toBeCloseTo(0.195, 2);
    expect(chance(3)).toBe(1);
  });

  it("is left about one time in twenty by columns that have nothing in common", () => {
    let seed = 1;
    // D. H. Lehmer's generator.
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const trial = () =>
      correlation(Array.from({ length: 30 }, (): [number, number] => [random(), random()])).r ?? 0;
    const left = Array.from({ length: 4000 }, trial).filter((r) => Math.abs(r) > chance(30));
    expect(left.length / 4000).toBeGreaterThan(0.035);
    expect(left.length / 4000).toBeLessThan(0.065);
  });
});

describe("a ranking", () => {
  it("has the strongest first, and the doubtful last", () => {
    const all = [
      { name: "weak", r: 0.1, n: 200 },
      { name: "few", r: 0.9, n: 19 },
      { name: "against", r: -0.6, n: 20 },
      { name: "flat", r: undefined, n: 200 },
      { name: "two", r: 1, n: 2 },
    ];
    expect(ranked(all).map(({ name }) => name)).toEqual(["against", "weak", "few"]);
  });
});
