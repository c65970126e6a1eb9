import { describe, expect, it } from "vitest";
import { nextChange, spansOf, stateAt } from "./spans.ts";

const states = [
  { t: 0, d: true },
  { t: 10, d: false },
  { t: 20, d: false },
  { t: 30, d: true },
];

describe("states", () => {
  it("are spans within a range, up to the end of what is known", () => {
    expect(spansOf(states, { t1: 5, t2: 100 }, 50)).toEqual([
      { t1: 5, t2: 10, d: true },
      { t1: 10, t2: 30, d: false },
      { t1: 30, t2: 50, d: true },
    ]);
    expect(spansOf(states, { t1: 12, t2: 15 }, 50)).toEqual([{ t1: 12, t2: 15, d: false }]);
    expect(spansOf(states, { t1: 60, t2: 70 }, 50)).toEqual([]);
    expect(spansOf([], { t1: 0, t2: 1 }, 1)).toEqual([]);
  });

  it("are those of the last datapoint before a time", () => {
    expect([-1, 0, 9, 10, 99].map((t) => stateAt(states, t)?.d)).toEqual([
      undefined,
      true,
      true,
      false,
      true,
    ]);
  });

  it("are gone through by their changes", () => {
    const other = [{ t: 12, d: 1 }];
    expect(nextChange([states, other], 10, true)).toBe(12);
    expect(nextChange([states, other], 20, false)).toBe(12);
    expect(nextChange([states], 30, true)).toBeUndefined();
    expect(nextChange([states], 0, false)).toBeUndefined();
  });
});
