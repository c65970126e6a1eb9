import { describe, expect, it } from "vitest";
import { dayOf, firstOfMonth, isDay, isZone, later, midnight, monday } from "./dataset-time.ts";

const utc = (time: string) => Date.parse(time) / 1000;

describe("a day of a zone", () => {
  it("begins at its midnight, in winter and in summer", () => {
    expect(midnight("2026-01-10", "Europe/Berlin")).toBe(utc("2026-01-09T23:00:00Z"));
    expect(midnight("2026-07-10", "Europe/Berlin")).toBe(utc("2026-07-09T22:00:00Z"));
    // Clocks are changed in the night of these days.
    expect(midnight("2026-03-29", "Europe/Berlin")).toBe(utc("2026-03-28T23:00:00Z"));
    expect(midnight("2026-03-30", "Europe/Berlin")).toBe(utc("2026-03-29T22:00:00Z"));
    expect(midnight("2026-10-26", "Europe/Berlin")).toBe(utc("2026-10-25T23:00:00Z"));
    expect(midnight("2026-11-27", "Pacific/Kiritimati")).toBe(utc("2026-11-26T10:00:00Z"));
    expect(midnight("2026-11-27", "America/Los_Angeles")).toBe(utc("2026-11-27T08:00:00Z"));
    expect(midnight("2026-11-27", "UTC")).toBe(utc("2026-11-27T00:00:00Z"));
  });

  it("begins later where the clock skips midnight", () => {
    // In Cairo the clock went from 0:00 to 1:00.
    expect(midnight("2024-04-26", "Africa/Cairo")).toBe(utc("2024-04-25T22:00:00Z"));
    expect(dayOf(midnight("2024-04-26", "Africa/Cairo"), "Africa/Cairo")).toBe("2024-04-26");
  });

  it("has the times up to the next one", () => {
    const t = midnight("2026-03-29", "Europe/Berlin");
    expect([-1, 0, 82_799, 82_800].map((s) => dayOf(t + s, "Europe/Berlin"))).toEqual([
      "2026-03-28",
      "2026-03-29",
      "2026-03-29",
      "2026-03-30",
    ]);
  });

  it("is counted by the calendar", () => {
    expect([1, 2, -59].map((days) => later("2024-02-28", days))).toEqual([
      "2024-02-29",
      "2024-03-01",
      "2023-12-31",
    ]);
  });

  it("belongs to a week that begins on Monday, and to a month", () => {
    expect(["2026-11-22", "2026-11-23", "2026-11-29", "2026-03-01"].map(monday)).toEqual([
      "2026-11-16",
      "2026-11-23",
      "2026-11-23",
      "2026-02-23",
    ]);
    expect(firstOfMonth("2026-02-28")).toBe("2026-02-01");
  });

  it("is only what a calendar has", () => {
    const days = ["2026-11-27", "2026-02-30", "1969-12-31", "2026-1-1", "", "x"];
    expect(days.map(isDay)).toEqual([true, false, false, false, false, false]);
    expect(["UTC", "Europe/Berlin", "Europe/Zork"].map(isZone)).toEqual([true, true, false]);
  });
});
