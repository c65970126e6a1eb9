// What the web app reaches: prints a table, and at the end the same as JSON.
//
//   CDB=target/release/cdb node bench/web.mjs [points…]
//
// The points are the lengths of the streams that are plotted: 1000000 and 10000000. With DIST=../dist, the files
// of the app are those that were built last, in place of those in the command; what is loaded is then neither
// compressed nor kept by the browser.

import { measureLoad, sizes } from "./load.mjs";
import { measureLive, measurePlot, measureRaw } from "./plot.mjs";
import { createStream, startBrowser, startServer, stored } from "./server.mjs";

// More than these as JSON are more than a page can have.
const MAX_RAW = 2_000_000;

const counts = process.argv.slice(2).map(Number);
if (counts.length === 0) counts.push(1_000_000, 10_000_000);

const rows = [];
const row = (name, value, unit, limit) => {
  const isKept = limit === undefined ? "" : value <= limit * 1.01 ? "✓" : "✗";
  rows.push({ name, value, unit, limit, kept: isKept !== "✗" });
  const shown = `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
  const most = limit === undefined ? "" : `≤ ${limit}`;
  console.log(`${name.padEnd(58)} ${shown.padStart(14)} ${most.padStart(8)} ${isKept}`);
};

const server = await startServer();
const browser = await startBrowser();
try {
  const files = sizes();
  const kB = (...names) => names.reduce((sum, name) => sum + (files[name] ?? 0), 0);
  row("first load, gzip", kB("start.js", "start.css"), "kB", 60);
  row("first load with a plot, gzip", kB("start.js", "start.css", "stream-plot.js"), "kB", 95);
  const { warm, slow, others } = await measureLoad(browser, server);
  row("requests until usable", warm.requests, "", 6);
  row("requests to other hosts", others.length, "", 0);
  row("usable, warm", warm.time, "ms", 300);
  row("usable, 4 times slower, 1.6 Mbit/s, 150 ms", slow.time, "ms", 1500);
  row("longest task, warm", warm.longest, "ms", 100);
  for (const count of counts) {
    const name = count.toLocaleString("en");
    const path = await createStream(server, `n${count}`, count);
    await stored(server, path);
    const { first, steps, heap } = await measurePlot(browser, server, path);
    row(`${name} points: click to drawn plot`, first.time, "ms", count > 1e6 ? 500 : 300);
    row(`${name} points: the server's share`, first.server, "ms", count > 1e6 ? undefined : 50);
    row(`${name} points: answers`, first.bytes / 1000, "kB", 200);
    row(`${name} points: frame, median of 200 steps`, steps.median, "ms", 16.7);
    row(`${name} points: frame, p99`, steps.p99, "ms", 50);
    row(`${name} points: heap`, heap, "MB", 100);
    const live = await measureLive(browser, server, path);
    row(`${name} points: insert to pixel, median`, live.median, "ms", 100);
    row(`${name} points: insert to pixel, p99`, live.p99, "ms");
    if (count > MAX_RAW) continue;
    const raw = await measureRaw(browser, server, path);
    row(`${name} points: raw into uPlot, drawn`, raw.first.time, "ms");
    row(`${name} points: raw into uPlot, answer`, raw.first.bytes / 1000, "kB");
    row(`${name} points: raw into uPlot, frame, median`, raw.steps.median, "ms");
    row(`${name} points: raw into uPlot, frame, p99`, raw.steps.p99, "ms");
    row(`${name} points: raw into uPlot, heap`, raw.heap, "MB");
  }
} finally {
  await browser.close();
  await server.stop();
}
console.log(JSON.stringify(rows));
