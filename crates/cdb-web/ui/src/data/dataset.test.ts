import { describe, expect, it } from "vitest";
import { columnNames, datasetQuery, range, rowCount, type Table } from "./dataset.ts";

const NOW = Date.parse("2026-11-27T20:30:15Z") / 1000;
const utc = (time: string) => Date.parse(time) / 1000;

const table: Table = {
  every: "day",
  x: "",
  from: "2026-04-01",
  to: "now",
  zone: "Europe/Berlin",
  columns: [
    { how: "mean", path: "mara/user/mood" },
    { how: "closest", path: "mara/phone/steps" },
  ],
  isComplete: true,
};

describe("the range of a table", () => {
  it("is of whole days, the last one included", () => {
    expect(range(table, NOW)).toEqual({
      t1: utc("2026-03-31T22:00:00Z"),
      t2: utc("2026-11-26T23:00:00Z"),
    });
    expect(range({ ...table, to: "2026-04-30" }, NOW).t2).toBe(utc("2026-04-30T22:00:00Z"));
    expect(range({ ...table, from: "30d" }, NOW).t1).toBe(utc("2026-10-27T23:00:00Z"));
  });

  it("is exact where there is a row for each hour or value, and whole days otherwise", () => {
    const times = { from: "2026-04-15T13:30:00", to: "2026-04-16T08:15:00" };
    const exact = { t1: utc("2026-04-15T11:30:00Z"), t2: utc("2026-04-16T06:15:00Z") };
    expect(range({ ...table, every: "hour", ...times }, NOW)).toEqual(exact);
    expect(range({ ...table, every: "value", ...times }, NOW)).toEqual(exact);
    expect(range({ ...table, every: "day", ...times }, NOW)).toEqual({
      t1: utc("2026-04-14T22:00:00Z"),
      t2: utc("2026-04-16T22:00:00Z"),
    });
    // What has not ended is not in it.
    const until = range({ ...table, every: "hour", to: "2126-01-01T00:00:00" }, NOW).t2;
    expect(until).toBe(Math.floor(NOW / 3600) * 3600);
  });

  it("begins with a whole week or month", () => {
    const from = "2026-04-15";
    expect(range({ ...table, every: "week", from }, NOW).t1).toBe(utc("2026-04-12T22:00:00Z"));
    expect(range({ ...table, every: "month", from }, NOW).t1).toBe(utc("2026-03-31T22:00:00Z"));
  });

  it("ends with what has ended", () => {
    expect(range({ ...table, to: "2027-01-01" }, NOW).t2).toBe(utc("2026-11-26T23:00:00Z"));
    expect(range({ ...table, every: "hour" }, NOW).t2).toBe(utc("2026-11-27T20:00:00Z"));
    expect(range({ ...table, every: "value" }, NOW).t2).toBe(NOW);
  });

  it("says how many rows there are", () => {
    const days = { t1: utc("2026-11-01T00:00:00Z"), t2: utc("2026-11-11T00:00:00Z") };
    expect(rowCount({ ...table, every: "hour" }, days)).toBe(240);
    expect(rowCount({ ...table, every: "value" }, days)).toBeUndefined();
    expect(rowCount(table, { t1: 5, t2: 0 })).toBe(0);
  });
});

describe("the names of columns", () => {
  const names = (...paths: string[]) =>
    columnNames(paths.map((it) => ({ how: it.split(":")[0] ?? "", path: it.split(":")[1] ?? "" })));

  it("are as short as they can be told apart", () => {
    expect(names("mean:a/b/c", "sum:a/b/d")).toEqual(["c", "d"]);
    expect(names("mean:a/b/c", "mean:a/d/c", "mean:b/d/c")).toEqual(["b/c", "a/d/c", "b/d/c"]);
    expect(names("mean:a/b/c", "max:a/b/c")).toEqual(["a/b/c mean", "a/b/c max"]);
    expect(names("mean:a/b/c", "mean:a/b/c")).toEqual(["a/b/c 1", "a/b/c 2"]);
    expect(names("mean:a/b/x")).toEqual(["b/x"]);
  });
});

describe("the query of a table", () => {
  const whole = { t1: 100_000, t2: 200_000 };

  it("has days of a zone", () => {
    expect(datasetQuery(table, whole)).toEqual({
      ...whole,
      dt: "day",
      zone: "Europe/Berlin",
      dataset: {
        mood: { stream: "mara/user/mood", interpolator: "mean | if last" },
        steps: { stream: "mara/phone/steps", interpolator: "closest" },
      },
      posttransform: "$",
    });
  });

  it("adds no more into the first row than into others", () => {
    const { dataset, dt } = datasetQuery({ ...table, every: "hour", isComplete: false }, whole);
    expect(dt).toBe(3600);
    expect(dataset.mood?.t1).toBe(96_400);
    expect(dataset.steps?.t1).toBeUndefined();
  });

  it("has a row for each value of a stream, and scripts as they are", () => {
    const columns = [{ how: "if $ > 5 | count", path: "a/b/c" }];
    const query = datasetQuery({ ...table, every: "value", x: "a/b/d", columns }, whole);
    expect(query).toMatchObject({ stream: "a/b/d", ...whole, limit: 20_000 });
    expect(query.dt).toBeUndefined();
    expect(query.dataset.c).toEqual({ stream: "a/b/c", interpolator: "if $ > 5 | count" });
  });
});
