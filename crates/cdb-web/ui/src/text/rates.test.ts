import { describe, expect, it } from "vitest";
import { every, span } from "./rates.ts";

describe("a rate", () => {
  it("is how long it takes, or how many a day", () => {
    expect([0.25, 10, 60, 900, 3600, 6 * 3600, 86_400, 7 * 86_400].map(every)).toEqual([
      "every 250 ms",
      "every 10 s",
      "every 1 min",
      "every 15 min",
      "every 1 h",
      "4 a day",
      "1 a day",
      "every 7 d",
    ]);
  });

  it("has the largest unit of a span", () => {
    expect([59, 61, 5400, 3 * 86_400].map(span)).toEqual(["59 s", "1 min", "2 h", "3 d"]);
  });
});
