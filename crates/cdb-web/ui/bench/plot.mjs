// How long a plot takes: to be drawn first, for each step of a movement, and for a datapoint that is written.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { logIn, newPage, quantile, USER } from "./server.mjs";

const STEPS = 200;
const INSERTS = 40;
const DRAWN = "figure[aria-busy=false]";

async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  return (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0) / 1e6;
}

/** Begins to record the times between frames. */
async function record(page) {
  await page.evaluate(() => {
    window.frames_ = [];
    let before = performance.now();
    const frame = (now) => {
      window.frames_.push(now - before);
      before = now;
      window.recording_ = requestAnimationFrame(frame);
    };
    window.recording_ = requestAnimationFrame((now) => {
      before = now;
      window.recording_ = requestAnimationFrame(frame);
    });
  });
}

async function recorded(page) {
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.recording_);
    return window.frames_;
  });
  return { median: quantile(frames, 0.5), p99: quantile(frames, 0.99), frames: frames.length };
}

/** From the click on the name of a stream until its picture is the exact one. */
async function firstPicture(page, path) {
  await page.goto(new URL(`/${USER}/user`, page.url()).href);
  const link = page.locator(`a[href="/${path}"]`).first();
  await link.waitFor();
  await page.waitForLoadState("networkidle");
  return await link.evaluate((element, drawn) => {
    performance.clearResourceTimings();
    const start = performance.now();
    element.click();
    return new Promise((resolve) => {
      const look = () => {
        if (!document.querySelector(drawn)) {
          requestAnimationFrame(look);
          return;
        }
        const time = performance.now() - start;
        const all = performance.getEntriesByType("resource");
        const plots = all.filter(({ name }) => name.includes("q=plot"));
        const server = plots.map((it) => it.responseStart - it.requestStart);
        resolve({
          time,
          server: Math.max(...server),
          bytes: plots.reduce((sum, it) => sum + it.encodedBodySize, 0),
          requests: all.length,
        });
      };
      look();
    });
  }, DRAWN);
}

/** Half of the steps pan, half zoom. */
async function move(page) {
  const box = await page.locator(".plot-canvas").boundingBox();
  if (!box) throw new Error("there is no plot");
  const [x, y] = [box.x + box.width / 2, box.y + 80];
  await page.mouse.move(x, y);
  await record(page);
  for (let step = 0; step < STEPS / 4; step += 1) await page.mouse.wheel(0, -60);
  await page.mouse.down();
  for (let step = 0; step < STEPS / 2; step += 1) {
    await page.mouse.move(x + 200 * Math.sin(step / 12), y);
  }
  await page.mouse.up();
  for (let step = 0; step < STEPS / 4; step += 1) await page.mouse.wheel(0, 60);
  return await recorded(page);
}

export async function measurePlot(browser, server, path) {
  const page = await newPage(browser);
  await logIn(page, server.url);
  // Once before, as one who has used the app has its files.
  await firstPicture(page, path);
  const runs = [];
  for (let run = 0; run < 5; run += 1) runs.push(await firstPicture(page, path));
  const median = (key) =>
    quantile(
      runs.map((run) => run[key]),
      0.5,
    );
  const first = {
    time: median("time"),
    server: median("server"),
    bytes: median("bytes"),
    requests: median("requests"),
  };
  const steps = await move(page);
  await page.locator(DRAWN).waitFor();
  const used = await heap(page);
  await page.context().close();
  return { first, steps, heap: used };
}

/** From the request that inserts a datapoint until it is drawn. */
export async function measureLive(browser, server, path) {
  const page = await newPage(browser);
  await logIn(page, server.url);
  await page.goto(`${server.url}/${path}?range=day`);
  await page.locator(DRAWN).waitFor();
  await page.waitForLoadState("networkidle");
  const times = [];
  for (let i = 0; i < INSERTS; i += 1) {
    const d = 10_000 + i;
    const drawn = page.evaluate(
      (words) =>
        new Promise((resolve) => {
          const look = () => {
            const caption = document.querySelector("figcaption")?.textContent ?? "";
            if (caption.includes(words)) resolve(performance.timeOrigin + performance.now());
            else requestAnimationFrame(look);
          };
          look();
        }),
      ` and ${d},`,
    );
    const start = performance.timeOrigin + performance.now();
    await server.request("POST", `crud/${path}/data`, [{ d }]);
    times.push((await drawn) - start);
  }
  await page.context().close();
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** The same stream without any of this: all datapoints as JSON, straight into uPlot. */
export async function measureRaw(browser, server, path) {
  const page = await newPage(browser, { bypassCSP: true });
  await logIn(page, server.url);
  const uplot = dirname(createRequire(import.meta.url).resolve("uplot"));
  await page.addScriptTag({ content: readFileSync(join(uplot, "uPlot.iife.min.js"), "utf8") });
  const first = await page.evaluate(async (path) => {
    const start = performance.now();
    const answer = await (await fetch(`/api/v1/crud/${path}/data?i1=0`)).text();
    const points = JSON.parse(answer);
    const data = [points.map(({ t }) => t), points.map(({ d }) => d)];
    const options = { width: 1000, height: 290, series: [{}, { stroke: "green" }] };
    document.body.replaceChildren();
    window.plot_ = new uPlot(options, data, document.body);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return { time: performance.now() - start, bytes: answer.length };
  }, path);
  await record(page);
  await page.evaluate(async (steps) => {
    const { min, max } = window.plot_.scales.x;
    const span = (max - min) / 3;
    for (let step = 0; step < steps; step += 1) {
      const from = min + (max - min - span) * (0.5 + 0.5 * Math.sin(step / 12));
      window.plot_.setScale("x", { min: from, max: from + span });
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, STEPS);
  const steps = await recorded(page);
  const used = await heap(page);
  await page.context().close();
  return { first, steps, heap: used };
}
