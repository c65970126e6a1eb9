import { describe, expect, it } from "vitest";
import { read, written } from "./typed.ts";

describe("a value in a field", () => {
  it("is read as it was written", () => {
    for (const d of [21.5, -3, 0, true, null, "", "a", 'say "no"', "two\nlines", { a: [1] }, []]) {
      expect(read(written(d), d)).toEqual({ d });
    }
  });

  it("is of the same kind", () => {
    expect(read("21,5", 20)).toEqual({ d: 21.5 });
    expect(read("21,5", "20")).toEqual({ d: "21,5" });
    expect(read("false", true)).toEqual({ d: false });
    expect(read("off", true)).toEqual({ d: false });
    expect(read("5", true)).toBeUndefined();
    expect(written(true)).toBe("On");
    expect(read("warm", 20)).toBeUndefined();
    expect(read("", 20)).toBeUndefined();
    expect(read("{", { a: 1 })).toBeUndefined();
  });
});
