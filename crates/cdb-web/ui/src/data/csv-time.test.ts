import { describe, expect, it } from "vitest";
import { type TimeFormat, TimeReader } from "./csv-time.ts";

const read = (format: TimeFormat, written: string, zone = "UTC", start?: number) =>
  new TimeReader({ format, zone, start }).read(written);

describe("TimeReader", () => {
  it("reads RFC 3339 and what is near it", () => {
    for (const written of [
      "2021-02-18T21:46:23Z",
      "2021-02-18 21:46:23 UTC",
      "2021-02-18 21:46:23UTC",
      "2021-02-18 22:46:23 +0100",
      "2021-02-18 22:46:23+01",
      "2021-02-18T16:16:23-05:30",
      " 2021/02/18 21:46:23 ",
      "2021-02-18 9:46:23 PM",
    ]) {
      expect(read("iso", written), written).toBe(1_613_684_783);
    }
    expect(read("iso", "2021-02-18")).toBe(1_613_606_400);
    expect(read("iso", "2013-03-01T05:17:41.002Z")).toBe(1_362_115_061.002);
    expect(read("iso", "1969-12-31T23:59:59.750Z")).toBe(-0.25);
  });

  it("reads the dates of several countries", () => {
    const noon = 1_740_830_400;
    expect(read("dmy", "01/03/2025 12:00")).toBe(noon);
    expect(read("dmy", "1.3.25 12:00")).toBe(noon);
    expect(read("dmy", "1 Mar 2025 12:00")).toBe(noon);
    expect(read("mdy", "3/1/2025, 12:00 PM")).toBe(noon);
    expect(read("mdy", "March 1, 2025 12:00:00")).toBe(noon);
    expect(read("digits", "20250301")).toBe(noon - 43_200);
    expect(read("digits", "202503011200")).toBe(noon);
    expect(read("dmy", "29/10/2025 00:00")).toBe(1_761_696_000);
  });

  it("reads numbers of a unit with all their digits", () => {
    expect(read("s", "1718444200.25")).toBe(1_718_444_200.25);
    expect(read("ms", "1718444200123")).toBe(1_718_444_200.123);
    expect(read("us", "1718444200123456")).toBe(1_718_444_200.123456);
    expect(read("ns", "1.7184442e18")).toBe(1_718_444_200);
    expect(read("elapsed", "0.5", "UTC", 1000)).toBe(1000.5);
  });

  it("reads local times of a zone", () => {
    expect(read("iso", "2024-07-01 12:00", "Europe/Berlin")).toBe(1_719_828_000);
    expect(read("iso", "2024-01-01", "Asia/Kathmandu")).toBe(1_704_046_500);
    const repeated = read("iso", "2024-11-03 01:30", "America/New_York");
    expect(repeated).toEqual({ first: 1_730_611_800, second: 1_730_615_400 });
    // Midnight does not exist: the day begins at 01:00.
    expect(read("iso", "2018-11-04", "America/Sao_Paulo")).toBe(1_541_300_400);
  });

  it("says what is wrong with others", () => {
    const problem = (format: TimeFormat, written: string, zone = "UTC") => {
      const when = read(format, written, zone);
      return typeof when === "object" && "problem" in when ? when.problem : `a time: ${when}`;
    };
    expect(problem("iso", "2024-13-01")).toBe("“2024-13-01” is not a date: there is no month 13.");
    expect(problem("iso", "2024-02-30 07:09")).toContain("30 February does not exist");
    expect(problem("iso", "2023-02-29")).toContain("29 February does not exist");
    expect(problem("iso", "2024-01-01 25:00")).toContain("is not a time of day");
    expect(problem("iso", "29/10/2025")).toContain("2026-01-31 12:00");
    expect(problem("iso", "2024-03-10 02:30", "America/New_York")).toBe(
      "“2024-03-10 02:30” does not exist in America/New_York: clocks were set forward.",
    );
    expect(problem("s", "0")).toContain("now");
    expect(problem("s", "1718444200123")).toContain("too far from 1970");
    expect(problem("s", "soon")).toContain("is not a number");
    expect(problem("elapsed", "5")).toContain("start of a recording");
    expect(problem("iso", "")).toBe("The time is empty.");
  });
});
