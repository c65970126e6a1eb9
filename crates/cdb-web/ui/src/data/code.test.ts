import { describe, expect, it } from "vitest";
import { LANGUAGES, type Query } from "./code.ts";

const place = { url: "http://localhost:3124", user: "mara" };

function write(id: string, query: Query): string {
  return LANGUAGES.find((language) => language.id === id)?.write(query, place) ?? "";
}

const days: Query = {
  kind: "dataset",
  query: {
    t1: 1_774_994_400,
    t2: 1_795_734_000,
    dt: "day",
    zone: "Europe/Berlin",
    dataset: {
      mood: { stream: "mara/user/mood", interpolator: "mean | if last" },
      "it's": { stream: "mara/phone/steps", interpolator: 'if $ > 5 : map($("a"), count)' },
    },
    posttransform: "$",
  },
};

const hours: Query = {
  kind: "dataset",
  query: {
    t1: 7200,
    t2: 10_800,
    dt: 3600,
    dataset: { mood: { stream: "mara/user/mood", interpolator: "count", t1: 3600 } },
  },
};

const values: Query = {
  kind: "dataset",
  query: {
    stream: "mara/user/mood",
    t1: 1,
    t2: 2,
    limit: 20_000,
    dataset: { steps: { stream: "mara/phone/steps", interpolator: "closest" } },
  },
};

const merge: Query = { kind: "merge", query: [{ stream: "a/b/c", t1: 1, t2: 2, limit: 20_000 }] };

describe("a query in Python", () => {
  it("has the words of connectordb 0.3.5", () => {
    expect(write("python", days).split("\n").slice(5)).toEqual([
      'cdb = connectordb.ConnectorDB("mara", getpass(), url="http://localhost:3124")',
      "# From 2026-03-31T22:00:00Z to 2026-11-26T23:00:00Z",
      'query = Dataset(cdb, t1=1774994400, t2=1795734000, dt="day", posttransform="$")',
      'query.query["zone"] = "Europe/Berlin"',
      'query.addStream("mara/user/mood", "mean | if last", colname="mood")',
      'query.addStream("mara/phone/steps", "if $ > 5 : map($(\\"a\\"), count)", colname="it\'s")',
      "for row in query.run():",
      "    print(row)",
    ]);
    expect(write("python", hours)).toContain('"count", t1=3600, colname="mood")');
    expect(write("python", values)).toContain('Dataset(cdb, x="mara/user/mood", t1=1, t2=2, limit');
    expect(write("python", merge)).toContain('query.addStream("a/b/c", t1=1, t2=2, limit=20000)');
  });
});

describe("a query in Rust", () => {
  it("has the words of this repository's crate", () => {
    const lines = write("rust", days).split("\n");
    expect(lines).toContain("use connectordb::query::{Column, Dataset};");
    expect(lines).toContain('        .every(CalendarStep::Day, "Europe/Berlin")');
    expect(lines).toContain("        .t1(1774994400) // 2026-03-31T22:00:00Z");
    expect(lines).toContain(
      '        .column(Column::new("mara/user/mood").name("mood").interpolator("mean | if last"))',
    );
    const late: Query = { kind: "merge", query: [{ stream: "a/b/c", t1: 1, t2: 2_147_483_648 }] };
    expect(write("rust", late)).toContain(".t1(1).t2(2147483648_i64)");
    expect(write("rust", hours)).toContain('Column::new(Source::new("mara/user/mood").t1(3600))');
    expect(write("rust", values)).toContain('.x(Source::new("mara/user/mood").limit(20000))');
    expect(write("rust", merge)).toContain(
      '.stream(Source::new("a/b/c").t1(1).t2(2).limit(20000))',
    );
  });
});

describe("a query for a shell", () => {
  it("quotes what a shell would take for something else", () => {
    expect(write("cdb", days)).toBe(
      [
        "# Once: cdb login http://localhost:3124",
        "cdb dataset \\",
        "  --every day \\",
        "  --zone Europe/Berlin \\",
        "  --from 2026-03-31T22:00:00Z --to 2026-11-26T23:00:00Z \\",
        "  --posttransform '$' \\",
        "  'mood=mara/user/mood:mean | if last' \\",
        `  'it'\\''s=mara/phone/steps:if $ > 5 : map($("a"), count)'`,
      ].join("\n"),
    );
    expect(write("cdb", values)).toContain("--x mara/user/mood");
    expect(write("cdb", merge)).toContain("cdb merge a/b/c");
  });

  it("is the body of the request with curl", () => {
    const [command = "", ...body] = write("curl", days).split(" -d ");
    expect(command).toBe("curl -u mara http://localhost:3124/api/v1/query/dataset");
    const json = body.join(" -d ").slice(1, -1).replaceAll(`'\\''`, "'");
    expect(JSON.parse(json)).toEqual(days.query);
  });
});
