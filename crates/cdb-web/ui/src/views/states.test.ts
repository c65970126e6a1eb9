import { describe, expect, it } from "vitest";
import { drawable, runsOf } from "./states.ts";

const point = (t: number, d: unknown) => ({ t, d });

describe("states", () => {
  it("last until the next one, and the last one until the end", () => {
    const points = [point(0, true), point(10, false), point(30, true)];
    expect(runsOf(points, 0, 40)).toEqual([
      { from: 0, to: 10, state: true },
      { from: 10, to: 30, state: false },
      { from: 30, to: 40, state: true },
    ]);
    expect(runsOf(points, 5, 20)).toEqual([
      { from: 5, to: 10, state: true },
      { from: 10, to: 20, state: false },
    ]);
    expect(runsOf([point(0, "a"), point(5, "a")], 0, 10)).toHaveLength(1);
    expect(runsOf([], 0, 10)).toEqual([]);
  });

  it("are as many as there are pixels, with the one that lasts longest in each", () => {
    const short = Array.from({ length: 1000 }, (_, i) => point(i, i % 4 === 0));
    const drawn = drawable(runsOf(short, 0, 1000), 10);
    expect(drawn).toEqual([{ from: 0, to: 1000, state: false }]);
    const mixed = [point(0, "a"), point(50, "b"), point(50.5, "c"), point(51, "b"), point(53, "a")];
    expect(drawable(runsOf(mixed, 0, 100), 2)).toEqual([
      { from: 0, to: 50, state: "a" },
      { from: 50, to: 53, state: "b" },
      { from: 53, to: 100, state: "a" },
    ]);
  });
});
