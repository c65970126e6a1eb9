// Lines to paste that write a first datapoint.

export interface FirstPoint {
  /** The address of the server, as the device has to call it. */
  server: string;
  key: string;
  /** The path of the stream. */
  path: string;
  sample: unknown;
}

export interface Language {
  id: string;
  name: string;
  lines: (point: FirstPoint) => string[];
}

/** A text in single quotes of a shell. */
function quoted(words: string): string {
  return `'${words.replaceAll("'", "'\\''")}'`;
}

function streamName(path: string): string {
  return path.split("/").at(-1) ?? "";
}

function curl({ server, key, path, sample }: FirstPoint): string[] {
  return [
    `curl -u :${key} \\`,
    `  ${server}/api/v1/crud/${path}/data \\`,
    `  -d ${quoted(JSON.stringify([{ d: sample }]))}`,
  ];
}

/** A JSON value as Python writes it. */
function inPython(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}

function python({ server, key, path, sample }: FirstPoint): string[] {
  return [
    "# pip install connectordb",
    "from connectordb import ConnectorDB",
    "",
    `cdb = ConnectorDB("${key}", url="${server}")`,
    `cdb["${streamName(path)}"].insert(${inPython(sample)})`,
  ];
}

function rust({ server, key, path, sample }: FirstPoint): string[] {
  const isPlain = typeof sample !== "object" || sample === null;
  const json = JSON.stringify(sample);
  return [
    "// cargo add connectordb",
    "// cargo add tokio --features macros,rt-multi-thread",
    ...(isPlain ? [] : ["// cargo add serde_json"]),
    "use connectordb::ConnectorDb;",
    "",
    "#[tokio::main]",
    "async fn main() -> connectordb::Result<()> {",
    "    let cdb = ConnectorDb::builder()",
    `        .url("${server}")`,
    `        .apikey("${key}")`,
    "        .connect()",
    "        .await?;",
    `    cdb.stream("${streamName(path)}")?.insert(${isPlain ? json : `serde_json::json!(${json})`}).await`,
    "}",
  ];
}

function cdb({ server, key, path, sample }: FirstPoint): string[] {
  const json = JSON.stringify(sample);
  const value = /^[\w.]+$/.test(json) ? json : quoted(json);
  return [`cdb --url ${server} --apikey ${key} \\`, `  insert ${streamName(path)} ${value}`];
}

export const LANGUAGES: Language[] = [
  { id: "curl", name: "curl", lines: curl },
  { id: "python", name: "Python", lines: python },
  { id: "rust", name: "Rust", lines: rust },
  { id: "cdb", name: "cdb", lines: cdb },
];

/** Whether an address is that of the computer itself, which no other device reaches. */
export function isLoopback(server: string): boolean {
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);
}
