import { describe, expect, it } from "vitest";
import { extent, roundStep, scale, ticks } from "./scale.ts";

describe("a scale", () => {
  it("has round ticks within its bounds", () => {
    expect(ticks(0, 100, 4)).toEqual([0, 50, 100]);
    expect(ticks(-5.3, 25.5, 4)).toEqual([0, 10, 20]);
    expect(ticks(0, 1, 4)).toEqual([0, 0.5, 1]);
    expect(ticks(0.1, 0.35, 5)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
  });

  it("places values", () => {
    const place = scale(10, 20, 100, 0);
    expect([10, 15, 20].map(place)).toEqual([100, 50, 0]);
    expect(scale(5, 5, 0, 10)(5)).toBe(0);
  });

  it("steps by round numbers", () => {
    expect([0.3, 3, 30, 4.9, 5, 5.1, 0.0012].map(roundStep)).toEqual([0.5, 5, 50, 5, 5, 10, 0.002]);
    expect(roundStep(0)).toBe(1);
  });

  it("has zero where bars begin", () => {
    expect(extent([3, 10], true)[0]).toBe(0);
    expect(extent([-3, -1], true)[1]).toBe(0);
    expect(extent([], true)).toEqual([0, 1]);
    expect(extent([], false)).toEqual([0, 1]);
    const [low, high] = extent([7, 7], false);
    expect(low).toBeLessThan(7);
    expect(high).toBeGreaterThan(7);
  });
});
