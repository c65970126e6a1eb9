import { describe, expect, it } from "vitest";
import { age, derived, value } from "./format.ts";

describe("age", () => {
  it("has the unit that says most", () => {
    const now = 1_800_000_000;
    const ages = [0, 2, 59.9, 60, 3599, 3600, 86_399, 86_400, 29 * 86_400];
    expect(ages.map((seconds) => age(now - seconds, now))).toEqual([
      "now",
      "2 s ago",
      "59 s ago",
      "1 min ago",
      "59 min ago",
      "1 h ago",
      "23 h ago",
      "1 d ago",
      "29 d ago",
    ]);
  });

  it("is a date when it is long", () => {
    expect(age(1_700_000_000, 1_800_000_000)).toContain("2023");
  });

  it("says when a clock is ahead", () => {
    expect(age(1_800_000_100, 1_800_000_000)).toBe("in the future");
    expect(age(1_800_000_001, 1_800_000_000)).toBe("now");
  });
});

describe("value", () => {
  it("is what was written, in one line", () => {
    expect([21.5, -3, true, null, "a\nb", { a: 1 }, [1, "x"]].map(value)).toEqual([
      "21.5",
      "−3",
      "On",
      "none",
      "a\nb",
      '{"a":1}',
      '[1,"x"]',
    ]);
  });

  it("is cut where it is long, and never within a character", () => {
    expect(value("😀".repeat(100))).toBe(`${"😀".repeat(59)}…`);
  });
});

describe("derived", () => {
  it("has four digits", () => {
    const inLocale = (n: number) => n.toLocaleString(undefined, { maximumFractionDigits: 9 });
    const expected = [0.3333, 12350, 0.0001234].map(inLocale);
    expect([1 / 3, 12345.6, 0.00012344].map(derived)).toEqual(expected);
    expect(derived(-2)).toBe("−2");
  });
});
