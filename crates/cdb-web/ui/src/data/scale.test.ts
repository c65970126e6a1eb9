import { describe, expect, it } from "vitest";
import { bounds, extent, roundStep, scale, scaleOf, ticks } from "./scale.ts";

describe("a scale", () => {
  it("has round ticks within its bounds", () => {
    expect(ticks(0, 100, 4)).toEqual([0, 50, 100]);
    expect(ticks(-5.3, 25.5, 4)).toEqual([0, 10, 20]);
    expect(ticks(0, 1, 4)).toEqual([0, 0.5, 1]);
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0.1, 0.35, 5)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
    expect(ticks(0.05, 0.35, 3)).toEqual([0.1, 0.2, 0.3]);
    expect(ticks(-9.4, 33.9, 6)).toEqual([0, 10, 20, 30]);
    expect(ticks(3, 17_000, 4)).toEqual([5000, 10_000, 15_000]);
    expect(ticks(0.11, 0.42, 5)).toEqual([0.2, 0.3, 0.4]);
    expect(ticks(5, 5, 5)).toEqual([]);
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

  it("leaves room around what it shows, and has what never changes in its middle", () => {
    const at = scale(...bounds([0, 10], false), 0, 1);
    expect(at(0)).toBeCloseTo(0.5 / 11, 9);
    expect(at(10)).toBeCloseTo(10.5 / 11, 9);
    expect(scale(...bounds([7, 7], false), 0, 1)(7)).toBeCloseTo(0.5, 9);
    expect(scale(...bounds([0], false), 0, 1)(0)).toBeCloseTo(0.5, 9);
    const { low, high } = scaleOf(7, 7, 5);
    expect((low + high) / 2).toBeCloseTo(7);
    expect(scaleOf(0, 0, 5)).toMatchObject({ low: -1, high: 1 });
  });

  it("has zero where bars begin", () => {
    expect(bounds([3, 10], true)[0]).toBe(0);
    expect(bounds([-3, -1], true)[1]).toBe(0);
    expect(bounds([], true)).toEqual([0, 1]);
    expect(bounds([], false)).toEqual([0, 1]);
    const [low, high] = bounds([7, 7], false);
    expect(low).toBeLessThan(7);
    expect(high).toBeGreaterThan(7);
  });
});

describe("an extent", () => {
  it("is from the smallest number to the largest", () => {
    expect(extent([3, -1, 2])).toEqual([-1, 3]);
    expect(extent([])).toEqual([Infinity, -Infinity]);
  });
});
