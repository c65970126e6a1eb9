import { describe, expect, it } from "vitest";
import { amount, rowName, short, signed } from "./amounts.ts";

describe("a number of a table", () => {
  it("has a sign if it is a coefficient", () => {
    const half = (0.5).toLocaleString(undefined, { minimumFractionDigits: 2 });
    expect([0.5, -0.499].map(signed)).toEqual([`+${half}`, `−${half}`]);
    expect(signed(-0.004)).toBe((0).toLocaleString(undefined, { minimumFractionDigits: 2 }));
  });

  it("has the digits that it was written with, and a mean four", () => {
    expect(amount(0.1 + 0.2, "sum")).toBe((0.3).toLocaleString());
    expect(amount(-12_345.678, "mean")).toBe(`−${(12_350).toLocaleString()}`);
    expect(amount(12_345_678, "sum")).toBe((12_345_678).toLocaleString());
    expect([null, "a", true].map((d) => amount(d, "mean"))).toEqual(["none", "a", "On"]);
  });
});

describe("a row", () => {
  const now = Date.parse("2026-11-27T12:00:00Z") / 1000;
  const at = (time: string) => Date.parse(time) / 1000;

  it("has the name of the time that has ended with it", () => {
    const day = rowName(at("2026-11-11T23:00:00Z"), "day", "Europe/Berlin", now);
    expect(day).toMatch(/Wed.*11/);
    expect(day).not.toContain("2026");
    expect(rowName(at("2025-11-11T23:00:00Z"), "day", "Europe/Berlin", now)).toContain("2025");
    expect(rowName(at("2026-11-15T23:00:00Z"), "week", "Europe/Berlin", now)).toMatch(/9/);
    expect(rowName(at("2026-10-31T23:00:00Z"), "month", "Europe/Berlin", now)).toMatch(/October/);
    expect(rowName(at("2026-10-31T23:00:00Z"), "hour", "Europe/Berlin", now)).toMatch(/1.*00:00/);
  });
});

describe("numbers on an axis", () => {
  it("are short", () => {
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
