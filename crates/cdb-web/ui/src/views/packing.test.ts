import { describe, expect, it } from "vitest";
import { packed } from "./packing.ts";

describe("the rows of views", () => {
  it("are full", () => {
    expect(packed(["large", "small", "full", "half", "half"])).toEqual([7, 5, 12, 6, 6]);
    expect(packed(["large", "half", "full"])).toEqual([7, 5, 12]);
    expect(packed(["large", "full", "half"])).toEqual([12, 12, 12]);
    expect(packed(["half", "large", "half"])).toEqual([6, 6, 12]);
    expect(packed([])).toEqual([]);
  });
});
