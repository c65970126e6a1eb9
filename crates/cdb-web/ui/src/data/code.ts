// What the page asks, as programs ask it.

import type { ColumnQuery, DatasetQuery, StreamQuery } from "./dataset.ts";

export type Query =
  | { kind: "dataset"; query: DatasetQuery }
  | { kind: "merge"; query: StreamQuery[] };

/** Where the server is, and who asks. */
export interface Place {
  url: string;
  user: string;
}

export interface Language {
  id: string;
  name: string;
  write: (query: Query, place: Place) => string;
}

export const LANGUAGES: Language[] = [
  { id: "python", name: "Python", write: python },
  { id: "rust", name: "Rust", write: rust },
  { id: "cdb", name: "cdb", write: cdb },
  { id: "curl", name: "curl", write: curl },
];

/** A text as a shell takes it for one argument. */
function shell(text: string): string {
  return /^[\w/.:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A text in quotes, as JSON and Python have it. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A text in quotes, as Rust has it: control characters are written with braces. */
function rustText(text: string): string {
  return JSON.stringify(text)
    .replace(/\\u([0-9a-f]{4})/g, "\\u{$1}")
    .replaceAll("\\b", "\\u{8}")
    .replaceAll("\\f", "\\u{c}");
}

/** A time as people read it. */
function iso(t: number): string {
  return new Date(t * 1000).toISOString().replace(".000Z", "Z");
}

function python({ kind, query }: Query, { url, user }: Place): string {
  const begin = [
    "# pip install connectordb six",
    "from getpass import getpass",
    "import connectordb",
    `from connectordb.query import ${kind === "merge" ? "Merge" : "Dataset"}`,
    "",
    `cdb = connectordb.ConnectorDB(${quoted(user)}, getpass(), url=${quoted(url)})`,
  ];
  const lines = kind === "merge" ? pythonMerge(query) : pythonDataset(query);
  return [...begin, ...lines, "for row in query.run():", "    print(row)"].join("\n");
}

/** The arguments of a call that are given. */
function named(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `, ${name}=${typeof value === "string" ? quoted(value) : value}`)
    .join("");
}

function pythonMerge(streams: StreamQuery[]): string[] {
  return [
    "query = Merge(cdb)",
    ...streams.map(({ stream, t1, t2, limit }) => {
      return `query.addStream(${quoted(stream)}${named({ t1, t2, limit })})`;
    }),
  ];
}

function pythonDataset({ stream, t1, t2, limit, dt, zone, dataset, posttransform }: DatasetQuery) {
  return [
    `# From ${iso(t1)} to ${iso(t2)}`,
    `query = Dataset(cdb${named({ x: stream, t1, t2, limit, dt, posttransform })})`,
    ...(zone === undefined ? [] : [`query.query["zone"] = ${quoted(zone)}`]),
    ...Object.entries(dataset).map(([colname, { stream, interpolator, t1 }]) => {
      return `query.addStream(${quoted(stream)}, ${quoted(interpolator)}${named({ t1, colname })})`;
    }),
  ];
}

function rust({ kind, query }: Query, { url, user }: Place): string {
  const { uses, lines } = kind === "merge" ? rustMerge(query) : rustDataset(query);
  return [
    "use connectordb::ConnectorDb;",
    ...uses,
    "",
    "#[tokio::main]",
    "async fn main() -> Result<(), Box<dyn std::error::Error>> {",
    `    let password = std::env::var("CDB_PASSWORD")?;`,
    `    let cdb = ConnectorDb::builder().url(${rustText(url)});`,
    `    let cdb = cdb.password(${rustText(user)}, password).connect().await?;`,
    ...lines.map((line) => `    ${line}`),
    "    Ok(())",
    "}",
  ].join("\n");
}

/** An integer, which is one of 32 bits unless it says otherwise. */
function integer(value: number): string {
  return value > 0x7fff_ffff ? `${value}_i64` : String(value);
}

/** A stream with its range. */
function source({ stream, t1, t2, limit }: StreamQuery): string {
  const calls = Object.entries({ t1, t2, limit }).flatMap(([name, value]) =>
    value === undefined ? [] : [`.${name}(${integer(value)})`],
  );
  if (calls.length === 0) return rustText(stream);
  const chain = calls.join("");
  return `Source::new(${rustText(stream)})${chain}`;
}

function rustMerge(streams: StreamQuery[]) {
  return {
    uses: ["use connectordb::query::{Merge, Source};"],
    lines: [
      "let merge = Merge::new(&cdb)",
      ...streams.map((stream) => `    .stream(${source(stream)})`),
      "    .await?;",
      "for point in merge.iter() {",
      `    println!("{} {}", point.t.as_secs_f64(), point.d);`,
      "}",
    ],
  };
}

function rustDataset({ stream, t1, t2, limit, dt, zone, dataset, posttransform }: DatasetQuery) {
  const x = stream === undefined ? [] : [`.x(${source({ stream, ...(limit ? { limit } : {}) })})`];
  const columns = Object.entries(dataset);
  const hasSources = limit !== undefined || columns.some(([, { t1 }]) => t1 !== undefined);
  const calls = [
    ...x,
    `.t1(${integer(t1)}) // ${iso(t1)}`,
    `.t2(${integer(t2)}) // ${iso(t2)}`,
    ...step(dt, zone),
    ...columns.map(([name, column]) => `.column(${rustColumn(name, column)})`),
    ...(posttransform === undefined ? [] : [`.posttransform(${rustText(posttransform)})`]),
    ".await?;",
  ];
  const parts = hasSources ? "Column, Dataset, Source" : "Column, Dataset";
  return {
    uses: [
      `use connectordb::query::{${parts}};`,
      ...(typeof dt === "string" ? ["use connectordb::types::CalendarStep;"] : []),
    ],
    lines: [
      "let table = Dataset::new(&cdb)",
      ...calls.map((call) => `    ${call}`),
      `print!("{table}");`,
    ],
  };
}

function step(dt: number | string | undefined, zone = "UTC"): string[] {
  if (dt === undefined) return [];
  if (typeof dt === "number") return [`.dt(${dt})`];
  const word = dt.slice(0, 1).toUpperCase() + dt.slice(1);
  return [`.every(CalendarStep::${word}, ${rustText(zone)})`];
}

function rustColumn(name: string, { interpolator, ...stream }: ColumnQuery): string {
  const calls = `.name(${rustText(name)}).interpolator(${rustText(interpolator)})`;
  return `Column::new(${source(stream)})${calls}`;
}

function cdb({ kind, query }: Query, { url }: Place): string {
  const login = `# Once: cdb login ${shell(url)}`;
  if (kind === "merge") {
    const paths = query.map(({ stream }) => shell(stream)).join(" ");
    return `${login}\n# This prints all values: \`cdb merge\` takes no times.\ncdb merge ${paths}`;
  }
  const { stream, t1, t2, dt, zone, dataset, posttransform } = query;
  const columns = Object.entries(dataset);
  const hasRanges = columns.some(([, { t1 }]) => t1 !== undefined);
  const lines = [
    "cdb dataset",
    stream === undefined ? `--every ${dt}` : `--x ${shell(stream)}`,
    ...(zone === undefined ? [] : [`--zone ${shell(zone)}`]),
    `--from ${iso(t1)} --to ${iso(t2)}`,
    ...(posttransform === undefined ? [] : [`--posttransform ${shell(posttransform)}`]),
    ...columns.map(([name, { stream, interpolator }]) => {
      return shell(`${name}=${stream}:${interpolator}`);
    }),
  ];
  const notes = hasRanges ? ["# Its first row also has some values from before it."] : [];
  return [login, ...notes, lines.join(" \\\n  ")].join("\n");
}

function curl({ kind, query }: Query, { url, user }: Place): string {
  const body = JSON.stringify(query, undefined, 2);
  return `curl -u ${shell(user)} ${shell(`${url}/api/v1/query/${kind}`)} -d ${shell(body)}`;
}
