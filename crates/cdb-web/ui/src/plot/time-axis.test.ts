import { describe, expect, it } from "vitest";
import { timeOf, wallOf } from "../data/wall.ts";
import { timeTicks } from "./time-axis.ts";

const BERLIN = "Europe/Berlin";
const DAY = 86_400;
const at = (date: string) => Date.parse(date) / 1000;

/** Labels, with the larger unit in capitals. */
function ticks(from: string, to: string, pixels: number, zone = BERLIN): string[] {
  const range = { t1: at(from), t2: at(to) };
  const distance = ((range.t2 - range.t1) / pixels) * 64;
  return timeTicks(range, distance, zone, "en-GB").map(({ label, isLarge }) =>
    isLarge ? label.toUpperCase() : label,
  );
}

describe("a clock on the wall", () => {
  it("is that of its zone", () => {
    const t = at("2026-07-01T12:00:00Z");
    expect(wallOf(t, BERLIN)).toMatchObject({ month: 7, day: 1, hour: 14 });
    expect(wallOf(t, "Asia/Kolkata")).toMatchObject({ hour: 17, minute: 30 });
    for (const zone of [BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]) {
      for (let t = at("2026-01-01T00:00:00Z"); t < at("2027-01-01T00:00:00Z"); t += 40_000) {
        const there = timeOf(wallOf(t, zone), zone);
        // An hour that comes twice is the first one.
        expect([0, 1800, 3600]).toContain(t - there);
      }
    }
  });

  it("skips an hour in spring, and repeats one in autumn", () => {
    const wall = (month: number, day: number, hour: number) => ({
      ...{ year: 2026, month, day, hour },
      ...{ minute: 30, second: 0 },
    });
    expect(timeOf(wall(3, 29, 1), BERLIN)).toBe(at("2026-03-29T00:30:00Z"));
    expect(timeOf(wall(3, 29, 2), BERLIN)).toBe(at("2026-03-29T01:30:00Z"));
    expect(timeOf(wall(3, 29, 3), BERLIN)).toBe(at("2026-03-29T01:30:00Z"));
    expect(timeOf(wall(10, 25, 2), BERLIN)).toBe(at("2026-10-25T00:30:00Z"));
    expect(timeOf(wall(10, 25, 3), BERLIN)).toBe(at("2026-10-25T02:30:00Z"));
  });
});

describe("a time axis", () => {
  it("names the year where it changes", () => {
    expect(ticks("2025-11-12T12:00:00Z", "2026-04-12T12:00:00Z", 400)).toEqual([
      "Dec",
      "2026",
      "Feb",
      "Mar",
      "Apr",
    ]);
  });

  it("names the day where it changes", () => {
    expect(ticks("2026-11-12T15:00:00Z", "2026-11-13T09:00:00Z", 500)).toEqual([
      "18:00",
      "21:00",
      "13 NOV",
      "3:00",
      "6:00",
      "9:00",
    ]);
  });

  it("has weeks from Monday, and the first day of each month", () => {
    expect(ticks("2026-09-12T12:00:00Z", "2026-10-13T12:00:00Z", 400)).toEqual([
      "14 Sept",
      "21 Sept",
      "28 Sept",
      "5 Oct",
      "12 Oct",
    ]);
    expect(ticks("2026-09-27T12:00:00Z", "2026-10-04T12:00:00Z", 400)).toEqual([
      "29 Sept",
      "1 OCT",
      "3 Oct",
    ]);
  });

  it("stays at midnight when the clock is changed", () => {
    const range = { t1: at("2026-03-27T00:00:00Z"), t2: at("2026-03-31T12:00:00Z") };
    const walls = timeTicks(range, 0.6 * DAY, BERLIN).map(({ t }) => wallOf(t, BERLIN));
    expect(walls.map(({ day, hour }) => [day, hour])).toEqual([
      [28, 0],
      [29, 0],
      [30, 0],
      [31, 0],
    ]);
    const hours = timeTicks(
      { t1: at("2026-03-28T22:00:00Z"), t2: at("2026-03-29T07:00:00Z") },
      6000,
      BERLIN,
    );
    expect(hours.map(({ t }) => wallOf(t, BERLIN).hour)).toEqual([0, 4, 6, 8]);
    const autumn = { t1: at("2026-10-24T20:00:00Z"), t2: at("2026-10-25T09:00:00Z") };
    const times = timeTicks(autumn, 9000, BERLIN).map(({ t }) => t);
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("goes down to milliseconds and up to centuries", () => {
    expect(ticks("2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00.500Z", 400)).toEqual([
      ".1",
      ".2",
      ".3",
      ".4",
      ".5",
    ]);
    expect(ticks("1000-01-01T00:00:00Z", "2000-02-01T00:00:00Z", 400).at(-1)).toBe("2000");
    expect(timeTicks({ t1: -1e300, t2: 1e300 }, 1e299, BERLIN)).toEqual([]);
    expect(timeTicks({ t1: 0, t2: 0 }, 0, BERLIN)).toEqual([]);
  });

  it("has marks that are at least as far from each other as is asked for, at every zoom", () => {
    const t1 = at("2026-10-20T07:13:11Z");
    for (let span = 0.05; span < 4e9; span *= 1.7) {
      const distance = (span / 900) * 64;
      const times = timeTicks({ t1, t2: t1 + span }, distance, BERLIN).map(({ t }) => t);
      expect(times.length, `${span}`).toBeGreaterThan(1);
      expect(times.length, `${span}`).toBeLessThan(23);
      expect(times.every((t) => t >= t1 && t <= t1 + span)).toBe(true);
    }
  });
});
