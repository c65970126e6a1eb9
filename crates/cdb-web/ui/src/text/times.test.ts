import { describe, expect, it } from "vitest";
import { usualPlaces, valueWith } from "./digits.ts";
import { duration, moment, rate, span } from "./times.ts";

const at = (...parts: [number, number, number, number, number, number]) =>
  new Date(...parts).getTime() / 1000;

describe("times", () => {
  it("have no more parts than differ", () => {
    const now = at(2026, 10, 12, 20, 0, 0);
    expect(moment(at(2026, 10, 12, 18, 42, 3) + 0.118, now)).toEqual({
      day: "Today",
      clock: "18:42:03",
      fraction: ".118",
    });
    expect(moment(at(2026, 10, 11, 0, 0, 0), now)).toMatchObject({
      clock: "00:00:00",
      fraction: "",
    });
    expect(moment(at(2026, 10, 11, 0, 0, 0), now).day).not.toContain("2026");
    expect(moment(at(2025, 10, 11, 0, 0, 0), now).day).toContain("2025");
    expect(moment(1e15, now).day).toBe("1000000000000000 s");
  });
});

describe("lengths of time", () => {
  it("have the unit that says most", () => {
    expect([0.25, 1, 10, 59, 61, 90, 5400, 7200, 3 * 86_400].map(span)).toEqual([
      "250 ms",
      "1 s",
      "10 s",
      "59 s",
      "1 min",
      "1.5 min",
      "1.5 h",
      "2 h",
      "3 d",
    ]);
    expect([0, 59, 3599, 90_061].map(duration)).toEqual([
      "0:00:00",
      "0:00:59",
      "0:59:59",
      "25:01:01",
    ]);
  });

  it("are said as rates", () => {
    expect([0.25, 5, 60, 900, 3600, 6 * 3600, 28_800, 86_400, 7 * 86_400].map(rate)).toEqual([
      "every 250 ms",
      "every 5 s",
      "every 1 min",
      "every 15 min",
      "every 1 h",
      "4 a day",
      "3 a day",
      "once a day",
      "every 7 d",
    ]);
  });
});

describe("numbers of a stream", () => {
  it("have as many decimal places as usual, or more", () => {
    const points = [2.9, 3, 3.1, 2.75].map((d) => ({ t: 0, d }));
    expect(usualPlaces(points)).toBe(1);
    expect([3, -3, 2.75, "3", null].map((d) => valueWith(1, d))).toEqual([
      "3.0",
      "−3.0",
      "2.75",
      "3",
      "none",
    ]);
    expect(usualPlaces([])).toBe(0);
  });
});
