import { describe, expect, it } from "vitest";
import { degrees, distance } from "./places.ts";

describe("places", () => {
  it("are read to a metre", () => {
    expect(degrees(52.123456789)).toBe("52.12346");
    expect(degrees(-0.5)).toBe("−0.5");
    expect(degrees(13)).toBe("13");
  });

  it("are apart in metres or kilometres", () => {
    expect([5, 5.25, 12.5, 999].map(distance)).toEqual(["5 m", "5.3 m", "13 m", "999 m"]);
    expect([1000, 1500, 20_400, 5_000_000].map(distance)).toEqual([
      "1 km",
      "1.5 km",
      "20 km",
      "5,000 km",
    ]);
  });
});
