import { describe, expect, it } from "vitest";
import { commandOf } from "./keys.ts";
import { isAtEnd, lookOf, pan, rangeOf, searchOf, zoom } from "./window.ts";
import { axisNumber, duration } from "./words.ts";

const EXTENT = { t1: 1000, t2: 2000 };

describe("the window", () => {
  it("is in the address, beside what else is there", () => {
    for (const search of ["?t1=5&t2=6.5", "?range=week", "?range=all", "?span=4000"]) {
      expect(searchOf(lookOf(search), search)).toBe(search);
    }
    expect(searchOf(lookOf("?range=day"), "?transform=%24*2&t1=1&t2=3")).toBe(
      "?transform=%24*2&range=day",
    );
    expect(["", "?t1=7&t2=3", "?t1=a&t2=3", "?span=-1"].map(lookOf)).toEqual(
      Array(4).fill({ kind: "live", seconds: undefined }),
    );
  });

  it("follows the end in whole pixels", () => {
    const look = lookOf("?span=100");
    expect(rangeOf(look, { t1: 0, t2: 1000.2 }, 100)).toEqual({ t1: 901, t2: 1001 });
    expect(rangeOf(look, { t1: 0, t2: 1000.9 }, 100)).toEqual({ t1: 901, t2: 1001 });
    const { t1, t2 } = rangeOf(lookOf(""), EXTENT, 500);
    expect([t1, t2].map(Math.round)).toEqual([1000, 2002]);
    expect(isAtEnd({ t1, t2 }, EXTENT, 500)).toBe(true);
    expect(isAtEnd({ t1: t1 - 10, t2: t2 - 10 }, EXTENT, 500)).toBe(false);
  });

  it("is never moved away from all data", () => {
    expect(pan({ t1: 1200, t2: 1300 }, 50, EXTENT)).toEqual({ t1: 1250, t2: 1350 });
    expect(pan({ t1: 1200, t2: 1300 }, 1e9, EXTENT)).toEqual({ t1: 1950, t2: 2050 });
    expect(pan({ t1: 1200, t2: 1300 }, -1e9, EXTENT)).toEqual({ t1: 950, t2: 1050 });
  });

  it("keeps what is under the pointer, and has bounds", () => {
    const zoomed = zoom({ t1: 1000, t2: 2000 }, 1250, 0.5, EXTENT);
    expect(zoomed).toEqual({ t1: 1125, t2: 1625 });
    const { t1, t2 } = zoom({ t1: 1000, t2: 2000 }, 1500, 1e-9, EXTENT);
    expect(t2 - t1).toBeCloseTo(0.01);
    const wide = zoom({ t1: 1000, t2: 2000 }, 1500, 1e9, EXTENT);
    expect(wide.t2 - wide.t1).toBe(2000);
  });
});

describe("words", () => {
  it("say how long a gap is", () => {
    const day = 86_400;
    const lengths = [0.5, 90, 600, 7200, 30 * 3600, 5.2 * day, 800 * day];
    expect(lengths.map(duration)).toEqual(["0.5 s", "90 s", "10 min", "2 h", "30 h", "5 d", "2 y"]);
  });

  it("are short at an axis", () => {
    expect([0, 5000, -2500].map((it) => axisNumber(it, [0, 5000]))).toEqual([
      "0",
      "5,000",
      "−2,500",
    ]);
    expect([0, 250_000, 500_000].map((it) => axisNumber(it, [0, 500_000]))).toEqual([
      "0",
      "250\u2009k",
      "500\u2009k",
    ]);
  });
});

describe("keys", () => {
  const key = (key: string, shiftKey = false, ctrlKey = false) =>
    commandOf({ key, shiftKey, ctrlKey, altKey: false, metaKey: false });

  it("move the cursor, and leave those of the browser alone", () => {
    expect(key("ArrowLeft")).toEqual({ kind: "cursor", to: "before" });
    expect(key("ArrowLeft", true)).toEqual({ kind: "cursor", to: "day-before" });
    expect(key("+", true)).toEqual({ kind: "zoom", factor: 0.5 });
    expect(key("+", false, true)).toBeUndefined();
    expect(key("Tab")).toBeUndefined();
  });
});
