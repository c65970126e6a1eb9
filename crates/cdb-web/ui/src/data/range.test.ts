import { describe, expect, it } from "vitest";
import { bounds, spanOf } from "./range.ts";

describe("a range", () => {
  it("is what the address says, and everything otherwise", () => {
    expect(spanOf("?range=week").seconds).toBe(604_800);
    expect(["", "?range=zork", "?range=all"].map((it) => spanOf(it).id)).toEqual([
      "all",
      "all",
      "all",
    ]);
  });

  it("ends where the stream ends", () => {
    expect(bounds(spanOf("?range=day"), 200_000)).toBe("&t1=113600&t2=200000");
    expect(bounds(spanOf("?range=day"), undefined)).toBe("");
    expect(bounds(spanOf(""), 200_000)).toBe("");
  });
});
