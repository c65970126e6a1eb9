// How large the app is, and how long it takes until a page can be used.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { logIn, newPage } from "./server.mjs";

const DIST = process.env.DIST ?? new URL("../../dist", import.meta.url).pathname;
const RUNS = 5;

/** The size of each file, with gzip, in kB. */
export function sizes() {
  const files = readdirSync(DIST).filter((name) => /\.(js|css)$/.test(name));
  return Object.fromEntries(
    files.map((name) => [name, gzipSync(readFileSync(join(DIST, name))).length / 1000]),
  );
}

/**
 * Returns how many milliseconds it took until the cards were there, how many requests had begun until then, and
 * the longest task.
 */
async function usable(page, url) {
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(() => performance.getEntriesByName("usable").length > 0);
  await page.waitForSelector("main h1");
  return await page.evaluate(async () => {
    const at = performance.getEntriesByName("usable")[0].startTime;
    const longest = await new Promise((resolve) => {
      let longest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
      }).observe({ type: "longtask", buffered: true });
      setTimeout(() => resolve(longest), 200);
    });
    const requests = performance.getEntriesByType("resource").filter((it) => it.startTime <= at);
    return { time: at, longest, requests: requests.length + 1 };
  });
}

async function best(page, url, runs = RUNS) {
  const all = [];
  for (let run = 0; run < runs; run += 1) all.push(await usable(page, url));
  const times = all.map(({ time }) => time).sort((a, b) => a - b);
  const longest = Math.max(...all.map(({ longest }) => longest));
  return { time: times[Math.floor(times.length / 2)], longest, requests: all[0].requests };
}

export async function measureLoad(browser, server) {
  const page = await newPage(browser);
  const others = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url)) others.push(request.url());
  });
  await logIn(page, server.url);
  const warm = await best(page, server.url);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 150,
    downloadThroughput: 1_600_000 / 8,
    uploadThroughput: 1_600_000 / 8,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const slow = await best(page, server.url, 3);
  await page.context().close();
  return { warm, slow, others };
}
