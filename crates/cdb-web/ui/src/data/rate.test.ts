import { describe, expect, it } from "vitest";
import { rateOf } from "./rate.ts";
import { unitOf } from "./unit.ts";

const every = (interval: number, count = 20) =>
  Array.from({ length: count }, (_, i) => 1000 + i * interval);

describe("the rate of a stream", () => {
  it("is its usual interval, whatever is missing now and then", () => {
    const times = every(10).filter((_, i) => i !== 7);
    expect(rateOf(times, 1200)).toEqual({ interval: 10, isSilent: false });
  });

  it("is silence after some of them, but not at once", () => {
    expect(rateOf(every(60), 1000 + 19 * 60 + 299).isSilent).toBe(false);
    expect(rateOf(every(60), 1000 + 19 * 60 + 301).isSilent).toBe(true);
    expect(rateOf(every(1), 1019 + 119).isSilent).toBe(false);
    expect(rateOf(every(1), 1019 + 121).isSilent).toBe(true);
  });

  it("is none for few datapoints, and for those that come as they like", () => {
    expect(rateOf([1, 2, 3], 1e9)).toEqual({ interval: undefined, isSilent: false });
    const wild = [0, 1, 2, 3, 500, 501, 502, 9000, 9001, 20_000, 50_000];
    expect(rateOf(wild, 1e9).interval).toBeUndefined();
  });
});

describe("the unit of a stream", () => {
  it("is named by its datatype", () => {
    const datatypes = ["temperature.celsius", "Humidity.Percent", "duration", "rating.stars", ""];
    expect(datatypes.map(unitOf)).toEqual(["°C", "%", "s", "", ""]);
  });
});
