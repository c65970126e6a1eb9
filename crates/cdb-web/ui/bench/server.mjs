// A server on a data file of its own, and a browser that is logged in.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const USER = "mara";
const PASSWORD = "a long password";

const MIME = { css: "text/css", js: "text/javascript", svg: "image/svg+xml", txt: "text/plain" };

/** Starts `CDB`, the command, and returns how it is asked and stopped. */
export async function startServer() {
  const command = process.env.CDB;
  if (!command) throw new Error("CDB must be the path of the command, built for release");
  const directory = mkdtempSync(join(tmpdir(), "cdb-web-bench-"));
  const options = ["--json", "serve", "--data", join(directory, "data.db")];
  options.push("--listen", "127.0.0.1:0", "--admin", USER);
  const child = spawn(command, options, { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end(`${PASSWORD}\n`);
  const lines = createInterface(child.stdout);
  const [line] = await once(lines, "line");
  const { url } = JSON.parse(line);
  const authorization = `Basic ${btoa(`${USER}:${PASSWORD}`)}`;
  const request = async (method, path, body) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { authorization },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer}`);
    return answer;
  };
  const stop = async () => {
    child.kill();
    await once(child, "exit");
    rmSync(directory, { recursive: true });
  };
  return { url, request, stop };
}

export async function startBrowser() {
  return await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** A page of a browser that nobody has used. With `DIST`, the files of the app are those in that directory. */
export async function newPage(browser, options = {}) {
  const viewport = { width: 1280, height: 800 };
  const context = await browser.newContext({ viewport, ...options });
  const { DIST } = process.env;
  if (DIST) {
    await context.route(/\/app\/assets\//, async (route) => {
      const [name = "", digest = ""] = route.request().url().split("/").reverse();
      const file = readFileSync(join(DIST, name), "utf8");
      const contentType = MIME[name.split(".").at(-1)] ?? "";
      await route.fulfill({ body: file.replaceAll("0000000000000000", digest), contentType });
    });
  }
  return await context.newPage();
}

export async function logIn(page, url) {
  await page.goto(url);
  await page.getByLabel("Name or e-mail").fill(USER);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
}

/** Creates a stream of so many readings of a thermometer, one a second. Returns its path. */
export async function createStream(server, name, count) {
  const path = `${USER}/user/${name}`;
  await server.request("POST", `crud/${path}`, { schema: '{"type":"number"}' });
  const start = Math.floor(Date.now() / 1000) - count;
  let walk = 0;
  const reading = (i) => {
    walk += Math.random() - 0.5;
    const day = 8 * Math.sin((2 * Math.PI * i) / 86_400);
    return Math.round((10 + day + walk / 50 + Math.random()) * 10) / 10;
  };
  const batch = 150_000;
  for (let from = 0; from < count; from += batch) {
    const size = Math.min(batch, count - from);
    const points = Array.from({ length: size }, (_, i) => ({
      t: start + from + i + Math.round(Math.random() * 900) / 1000,
      d: reading(from + i),
    }));
    await server.request("POST", `crud/${path}/data`, points);
  }
  return path;
}

/** Waits until the server has put what was inserted in order: until it does not get faster any more. */
export async function stored(server, path) {
  const times = [];
  for (let turn = 0; turn < 60; turn += 1) {
    const start = performance.now();
    await server.request("GET", `crud/${path}/data?q=plot&columns=1000`);
    times.push(performance.now() - start);
    const last = times.slice(-5);
    if (last.length === 5 && Math.min(...last) > 0.9 * Math.min(...times.slice(0, -5))) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The part of some numbers that is at most as large. */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? Number.NaN;
}
