import { describe, expect, it } from "vitest";
import { readNumber } from "./number.tsx";

describe("readNumber", () => {
  it("reads numbers as people write them", () => {
    const read = ["21", " 21.5 ", "21,5", "-3", "−3", "+1", ".5", "5.", "1e3"].map(readNumber);
    expect(read).toEqual([21, 21.5, 21.5, -3, -3, 1, 0.5, 5, 1000]);
  });

  it("takes nothing else for a number", () => {
    const others = [
      "",
      " ",
      "x",
      "1 2",
      "7,2,4",
      "1,234",
      "0x10",
      "1e999",
      "Infinity",
      "NaN",
      "--1",
    ];
    expect(others.map(readNumber)).toEqual(others.map(() => undefined));
  });
});
