// A server with a user, on a data file of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const USER = "mara";
export const PASSWORD = "a long password";

async function launch(options: string[]) {
  const command = process.env.CDB;
  if (!command) throw new Error("CDB must be the path of the command: see `cargo xtask ci web`");
  const child = spawn(command, ["--json", ...options], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end(`${PASSWORD}\n`);
  for await (const line of createInterface(child.stdout)) {
    const { url, password } = JSON.parse(line);
    return { child, url, password: password ?? PASSWORD };
  }
  throw new Error("the server did not start");
}

export class Server {
  /** The keys of devices, by their paths. */
  private readonly keys = new Map<string, string>();

  private constructor(
    private process: ChildProcess,
    private readonly directory: string,
    readonly url: string,
    readonly password: string,
  ) {}

  static async start(): Promise<Server> {
    const directory = mkdtempSync(join(tmpdir(), "cdb-web-"));
    const data = join(directory, "data.db");
    const options = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", USER];
    return await Server.run(options, directory);
  }

  /** A server with a year of made-up data. */
  static async demo(): Promise<Server> {
    return await Server.run(["demo"], mkdtempSync(join(tmpdir(), "cdb-web-")));
  }

  private static async run(options: string[], directory: string): Promise<Server> {
    const { child, url, password } = await launch(options);
    return new Server(child, directory, url, password);
  }

  /** Ends it without a word, as a power cut does. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }

  /** Starts it again, at the same address, with the data that it had. */
  async restart(): Promise<void> {
    const data = join(this.directory, "data.db");
    const options = ["serve", "--data", data, "--listen", new URL(this.url).host];
    this.process = (await launch(options)).child;
  }

  async stop(): Promise<void> {
    this.process.kill();
    await once(this.process, "exit");
    rmSync(this.directory, { recursive: true });
  }

  /** Sends a request as a program does: with a name and a password, or with the key of a device. */
  async request(method: string, path: string, body?: unknown, key?: string): Promise<string> {
    const login = key === undefined ? `${USER}:${PASSWORD}` : `:${key}`;
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Basic ${btoa(login)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer}`);
    return answer;
  }

  /** Opens a session as the form of the page does, and returns its cookie. */
  async logIn(userAgent: string): Promise<{ name: string; value: string }> {
    const response = await fetch(`${this.url}/api/v1/login`, {
      method: "POST",
      headers: { origin: this.url, "user-agent": userAgent },
      body: JSON.stringify({ user: USER, password: this.password, stay: true }),
    });
    const answer = await response.text();
    const [, name, value] = /^(.*?)=(.*?);/.exec(response.headers.getSetCookie()[0] ?? "") ?? [];
    if (!name || !value) throw new Error(`logging in: ${answer}`);
    return { name, value };
  }

  async createDevice(name: string, nickname = ""): Promise<void> {
    const created = await this.request("POST", `crud/${USER}/${name}`, { nickname });
    this.keys.set(`${USER}/${name}`, JSON.parse(created).apikey);
  }

  async createStream(path: string, schema: object, nickname = "", datatype = ""): Promise<void> {
    const stream = { schema: JSON.stringify(schema), nickname, datatype };
    await this.request("POST", `crud/${path}`, stream);
  }

  /** Inserts datapoints as the device does. */
  async insert(path: string, datapoints: { t?: number; d: unknown }[]): Promise<void> {
    const key = this.keys.get(path.split("/").slice(0, 2).join("/"));
    await this.request("PUT", `crud/${path}/data`, datapoints, key);
  }
}
