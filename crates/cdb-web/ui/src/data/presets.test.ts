import { describe, expect, it } from "vitest";
import { type Preset, presetRange } from "./presets.ts";

const BERLIN = "Europe/Berlin";
/** A Sunday in Berlin, and still a Saturday in New York. */
const NOW = Date.parse("2026-03-01T01:30:00Z") / 1000;

function days(preset: Preset, zone: string, weekStart: number): string[] {
  const { t1, t2 } = presetRange(preset, NOW, zone, weekStart);
  return [t1, t2].map((t) => new Date(t * 1000).toISOString().slice(0, 16));
}

describe("a preset of a range", () => {
  it("is a day of the zone", () => {
    expect(days("today", BERLIN, 0)).toEqual(["2026-02-28T23:00", "2026-03-01T23:00"]);
    expect(days("today", "America/New_York", 0)).toEqual(["2026-02-28T05:00", "2026-03-01T05:00"]);
    expect(days("yesterday", BERLIN, 0)).toEqual(["2026-02-27T23:00", "2026-02-28T23:00"]);
  });

  it("is a week that begins on the day that one has chosen", () => {
    expect(days("thisWeek", BERLIN, 0)).toEqual(["2026-02-22T23:00", "2026-03-01T23:00"]);
    expect(days("thisWeek", BERLIN, 6)).toEqual(["2026-02-28T23:00", "2026-03-07T23:00"]);
    expect(days("lastWeek", BERLIN, 5)).toEqual(["2026-02-20T23:00", "2026-02-27T23:00"]);
  });

  it("is a month or a year, with the clock changed meanwhile", () => {
    expect(days("thisMonth", BERLIN, 0)).toEqual(["2026-02-28T23:00", "2026-03-31T22:00"]);
    expect(days("lastMonth", BERLIN, 0)).toEqual(["2026-01-31T23:00", "2026-02-28T23:00"]);
    expect(days("thisYear", "UTC", 0)).toEqual(["2026-01-01T00:00", "2027-01-01T00:00"]);
    expect(days("lastYear", "UTC", 0)).toEqual(["2025-01-01T00:00", "2026-01-01T00:00"]);
  });
});
