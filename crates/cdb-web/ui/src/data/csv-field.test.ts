// Files that people have brought. `cdb insert` reads the same ones.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { encodingOf, guess } from "./csv-guess.ts";
import { Ordering } from "./csv-order.ts";
import type { Plan } from "./csv-plan.ts";
import { type Bad, PointReader, RowReader } from "./csv-read.ts";
import type { Schema } from "./schema.ts";

const FIELD = "../../cdb-cli/tests/cdb/field";

interface Result {
  plan: Plan;
  points: string[];
  bad: Bad[];
  empty: number;
  order: string;
}

function read(text: string, options: Partial<Plan> = {}, schema: Schema = {}, length = 7): Result {
  const plan = { ...guess(text, true), zone: "UTC", ...options };
  const rows = new RowReader(plan);
  const points = new PointReader(plan, schema, 1);
  const ordering = new Ordering();
  const bad: Bad[] = [];
  let empty = 0;
  const take = (found: ReturnType<RowReader["push"]>) => {
    for (const row of found) {
      const one = points.read(row);
      if (one === "empty") empty += 1;
      else if ("problem" in one) bad.push(one);
      else ordering.push(one);
    }
  };
  for (let at = 0; at < text.length; at += length) take(rows.push(text.slice(at, at + length)));
  take(rows.end());
  const { points: ordered, order, unclear } = ordering.finish();
  for (const row of unclear) bad.push({ row, cells: [], column: 0, problem: "twice" });
  return {
    plan,
    points: ordered.json.map((json, i) => `${ordered.t[i]} ${json}`),
    bad,
    empty,
    order,
  };
}

function field(name: string, options: Partial<Plan> = {}, schema: Schema = {}): Result {
  const bytes = readFileSync(`${FIELD}/${name}`);
  const text = new TextDecoder(encodingOf(bytes, true)).decode(bytes);
  return read(text, options, schema);
}

const NEW_YORK = { zone: "America/New_York" };
const NUMBER = { type: "number" };

describe("files that people have", () => {
  const good: [string, Partial<Plan>, string[]][] = [
    ["array_of_datapoints.json", {}, ["1718444200 1", "1718444260 2"]],
    ["before_1970.jsonl", {}, ["-1.25 1", "-0.25 2"]],
    ["big_integer.txt", {}, ["1 12345678901234567890123"]],
    [
      "dst_autumn.csv",
      NEW_YORK,
      [
        "1730608200 1",
        "1730610000 2",
        "1730611800 3",
        "1730613600 4",
        "1730615400 5",
        "1730617200 6",
      ],
    ],
    [
      "more/dst_autumn_newest_first.csv",
      NEW_YORK,
      ["1730608200 1", "1730610000 2", "1730611800 3", "1730613600 4", "1730615400 5"],
    ],
    [
      "elapsed_from_zero.csv",
      { start: "2024-01-01" },
      ["1704067200 1", "1704067200.5 2", "1704067201 3"],
    ],
    ["empty_cell_number.csv", {}, ["1743674400 1"]],
    ["epoch_ms.csv", {}, ["1718444200.123 1"]],
    ["exact_bound.jsonl", {}, ["1743674400.25 1"]],
    ["get_json_null.jsonl", {}, ["1743674400 1", "1743674401 null", "1743674402 3"]],
    ["iso_t.jsonl", {}, ["1718444200 1"]],
    ["lone_surrogate_body.json", {}, ['1718444200 "caf\\ufffd"']],
    ["ms_text_time.csv", {}, ["1362115061.002 1"]],
    ["newest_first.csv", {}, ["1743552000 2", "1743638400 3"]],
    ["pretty_array.json", {}, ["1718444200 1"]],
    ["same_name_twice.csv", {}, ['1536764543 {"Distance":3.68,"Distance (2)":3681.0}']],
    ["semicolon.csv", {}, ["1704067200 5"]],
    ["two_columns_ddmmyyyy.csv", {}, ["1761696000 13.28"]],
    ["utc_word.csv", {}, ["1613684783 1"]],
    ["more/am_pm.csv", { time: "mdy" }, ["1717200300 72.5", "1717243500 75"]],
    ["more/comments.csv", {}, ["1717200000 21.5"]],
    ["more/commented_names.csv", {}, ['1717200000 "on"']],
    ["more/decimal_comma.csv", {}, ["1717200000 21.5", "1717203600 -0.75"]],
    ["more/excel_sep.csv", {}, ["1717200000 21.5", "1717200060 22"]],
    ["more/tabs_with_mark.tsv", {}, ['1717200000 "42"', '1717200060 "ok"']],
    ["more/unordered.csv", {}, ["1704067200 3", "1704153600 1", "1704240000 2"]],
  ];
  for (const [name, options, expected] of good) {
    it(`${name} is read`, () => {
      const { points, bad } = field(name, options);
      expect(bad).toEqual([]);
      expect(points).toEqual(expected);
    });
  }

  const refused: [string, Partial<Plan>, number, number, string][] = [
    ["bad_row_1500.csv", {}, 1599, 1502, "“2024-13-01” is not a number."],
    ["cut_line.jsonl", {}, 0, 1, "The JSON ends in the middle."],
    ["deep127.json", {}, 1, 1, "The value is nested more than 125 levels deep."],
    ["dst_spring.csv", NEW_YORK, 2, 3, "“2024-03-10 02:30” does not exist in America/New_York"],
    ["elapsed_from_zero.csv", {}, 0, 2, "The times count from the start of a recording"],
    ["nan_line.jsonl", {}, 0, 1, "is not valid JSON"],
    ["more/home_assistant.csv", {}, 2, 3, "“unavailable” is not a number."],
  ];
  for (const [name, options, count, row, problem] of refused) {
    it(`${name} has a row that is refused`, () => {
      const { points, bad } = field(name, options, {});
      expect(points).toHaveLength(count);
      expect(bad[0]?.row).toBe(row);
      expect(bad[0]?.problem).toContain(problem);
    });
  }
});

describe("other tables", () => {
  it("are understood without names, with texts beside numbers, and in the order of a country", () => {
    const plain = read("01.03.2019 07:10;78,6;nach Lauf\n02.03.2019 07:24;78,4;\n");
    expect(plain.plan).toMatchObject({ hasHeader: false, hasComma: true, time: "dmy" });
    expect(plain.plan.columns.map(({ role }) => role)).toEqual(["time", "value", "out"]);
    expect(plain.points).toEqual(["1551424200 78.6", "1551511440 78.4"]);
    // Only one order of day and month has the rows in order.
    const months = read("date,v\n1/3/2025,1\n2/3/2025,2\n1/4/2025,3\n");
    expect(months.plan).toMatchObject({ time: "dmy", isAmbiguous: true });
    const objects = read(
      '[{"when":"2024-01-01T00:00:00Z","temp":5.50,"note":"a"},\n{"when":1,"temp":6},{"when":"2024-01-02","temp":7}]',
    );
    expect(objects.plan.source.type).toBe("objects");
    expect(objects.points).toEqual(["1704067200 5.50", "1704153600 7"]);
    expect(objects.bad[0]).toMatchObject({ row: 2, column: 0 });
  });

  it("are checked against the schema of the stream", () => {
    const { points, bad } = read(
      "t,v\n1718444200,5\n1718444260,-1\n",
      {},
      { ...NUMBER, minimum: 0 },
    );
    expect(points).toEqual(["1718444200 5"]);
    expect(bad).toMatchObject([{ row: 3, column: 1, problem: "-1 is smaller than 0." }]);
  });

  it("say which rows have too few cells, another decimal mark, or an open quote", () => {
    const { bad, points } = read(
      't;v\n1718444200;5,5\n1718444260\n1718444270;1.234\n1718444280;"7',
    );
    expect(points).toEqual(["1718444200 5.5"]);
    expect(bad.map(({ row, problem }) => [row, problem.split(":")[0]])).toEqual([
      [3, "The row has 1 cell, and the first one has 2."],
      [4, "“1.234” has another decimal mark than numbers above it, which have “,”."],
      [5, "A quote is opened and not closed."],
    ]);
  });

  it("put another cell in the place of a wrong one", () => {
    const corrections = { 3: { 1: "72,4" } };
    const { points, bad } = read("t;v\n1718444200;5,5\n1718444260;7,2,4\n1718444270;6,5\n", {
      corrections,
    });
    expect(bad).toEqual([]);
    expect(points).toEqual(["1718444200 5.5", "1718444260 72.4", "1718444270 6.5"]);
  });

  it("are read in the encoding that they have", () => {
    const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
    expect(encodingOf(new TextEncoder().encode("Küche"), true)).toBe("utf-8");
    expect(encodingOf(bytes("K\xfcche"), true)).toBe("windows-1252");
    expect(encodingOf(bytes("\xff\xfet\0"), true)).toBe("utf-16le");
    // A character is cut at the end of what was looked at.
    expect(encodingOf(bytes("K\xc3"), false)).toBe("utf-8");
  });

  it("keep rows of times that occur twice out if their order does not tell them apart", () => {
    const text = "t,v\n2024-11-03 01:30,1\n2024-11-05,2\n2024-11-04,3\n";
    const { points, bad, order } = read(text, NEW_YORK);
    expect(order).toBe("none");
    expect(points).toHaveLength(2);
    expect(bad).toMatchObject([{ row: 2, problem: "twice" }]);
  });
});
