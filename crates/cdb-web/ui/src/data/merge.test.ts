import { describe, expect, it } from "vitest";
import { mergeQuery } from "./merge.ts";

describe("a merge", () => {
  it("has each stream once, with its share of the values", () => {
    const columns = ["a/b/c", "a/b/d", "a/b/c"].map((path) => ({ how: "mean", path }));
    expect(mergeQuery(columns, { t1: 1, t2: 2 })).toEqual([
      { stream: "a/b/c", t1: 1, t2: 2, limit: 10_000 },
      { stream: "a/b/d", t1: 1, t2: 2, limit: 10_000 },
    ]);
  });

  it("has ten streams at most", () => {
    const columns = Array.from({ length: 12 }, (_, i) => ({ how: "mean", path: `a/b/c${i}` }));
    expect(mergeQuery(columns, { t1: 1, t2: 2 })).toHaveLength(10);
  });
});
