import { describe, expect, it } from "vitest";
import { axis, round, short } from "./axis.ts";

describe("an axis", () => {
  it("has round values within its bounds", () => {
    expect(round(-0.05, 1.05, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(round(4000, 13_000, 4)).toEqual([5000, 7500, 10_000, 12_500]);
    expect(round(3, 17_000, 4)).toEqual([5000, 10_000, 15_000]);
    expect(round(0.11, 0.42, 5)).toEqual([0.2, 0.3, 0.4]);
  });

  it("leaves room around what it shows, and what never changes in the middle", () => {
    const { at } = axis([0, 10], 5);
    expect(at(0)).toBeCloseTo(0.5 / 11, 9);
    expect(at(10)).toBeCloseTo(10.5 / 11, 9);
    expect(axis([7, 7], 5).at(7)).toBeCloseTo(0.5, 9);
    expect(axis([0], 5).at(0)).toBeCloseTo(0.5, 9);
  });

  it("has short numbers", () => {
    expect([0, 999, 9500, 15_000, -2_500_000, 3e9, 0.25].map(short)).toEqual([
      "0",
      "999",
      `${(9.5).toLocaleString()}\u2009k`,
      "15\u2009k",
      `−${(2.5).toLocaleString()}\u2009M`,
      "3\u2009G",
      (0.25).toLocaleString(),
    ]);
  });
});
