import { describe, expect, it } from "vitest";
import type { Datapoint } from "../api/objects.ts";
import { addColumns, head, lines, noColumns, timesAndValues } from "./csv.ts";

function csv(points: Datapoint[]): string {
  const columns = noColumns();
  addColumns(columns, points);
  return head(columns) + lines(points, columns);
}

describe("CSV", () => {
  it("has the time twice, and the value as it is", () => {
    const points = [
      { t: 1_464_250_199.934, d: 21.5 },
      { t: 0, d: -3 },
      { t: 1e13, d: true },
      { t: 1, d: null },
    ];
    expect(csv(points)).toBe(
      "time,unix,value\r\n" +
        "2016-05-26T08:09:59.934Z,1464250199.934,21.5\r\n" +
        "1970-01-01T00:00:00.000Z,0,-3\r\n" +
        ",10000000000000,true\r\n" +
        "1970-01-01T00:00:01.000Z,1,\r\n",
    );
  });

  it("has a column for each key of objects, and for values beside them", () => {
    const points = [
      { t: 0, d: { a: 1, b: [1, 2] } },
      { t: 0, d: 5 },
      { t: 0, d: { c: "x", time: "now", a: null } },
    ];
    expect(csv(points).split("\r\n")).toEqual([
      "time,unix,value,a,b,c,value.time",
      '1970-01-01T00:00:00.000Z,0,,1,"[1,2]",,',
      "1970-01-01T00:00:00.000Z,0,5,,,,",
      "1970-01-01T00:00:00.000Z,0,,,,x,now",
      "",
    ]);
  });

  it("quotes what would be read otherwise", () => {
    const values = ['say "no"', "a,b", "two\nlines", "", "plain"];
    const points = values.map((d) => ({ t: 0, d }));
    expect(
      csv(points)
        .split("\r\n")
        .slice(1, -1)
        .map((line) => line.slice(27)),
    ).toEqual(['"say ""no"""', '"a,b"', '"two\nlines"', '""', "plain"]);
  });

  it("has no formulas", () => {
    const values = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "-5", "+49.5", "a=1"];
    const points = values.map((d) => ({ t: 0, d }));
    expect(
      csv(points)
        .split("\r\n")
        .slice(1, -1)
        .map((line) => line.slice(27)),
    ).toEqual(["'=1+1", "'+cmd|' /C calc'!A0", "'-2+3", "'@SUM(A1)", "'\tx", "-5", "+49.5", "a=1"]);
    expect(csv([{ t: 0, d: { "=1": 1 } }]).split("\r\n")[0]).toBe("time,unix,'=1");
  });

  it("says which device has written what is not the stream's own", () => {
    expect(
      csv([
        { t: 0, d: 1 },
        { t: 0, d: 2, o: "mara/user" },
      ]).split("\r\n"),
    ).toEqual([
      "time,unix,value,from",
      "1970-01-01T00:00:00.000Z,0,1,",
      "1970-01-01T00:00:00.000Z,0,2,mara/user",
      "",
    ]);
  });

  it("has times and values alone, to be pasted into a table", () => {
    expect(
      timesAndValues([
        { t: 0, d: 1.5 },
        { t: 60, d: '=1+"a"' },
        { t: 61, d: { a: 1 } },
        { t: 62, d: null },
        { t: 1e13, d: 2 },
      ]),
    ).toBe(
      [
        "time,value",
        "1970-01-01T00:00:00.000Z,1.5",
        '1970-01-01T00:01:00.000Z,"\'=1+""a"""',
        '1970-01-01T00:01:01.000Z,"{""a"":1}"',
        "1970-01-01T00:01:02.000Z,",
        "10000000000000,2",
        "",
      ].join("\r\n"),
    );
  });
});
