import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build, type Rollup } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./browser.ts";
import type { Drawn, Request } from "./plot-picture-page.ts";
import { PASSWORD, Server, USER } from "./server.ts";

// All 50 take minutes with a server that was not built for speed.
const STREAMS = Number(process.env.STREAMS ?? 8);
const POINTS = 100_000;
const [WIDTH, HEIGHT] = [876, 250];
const END = 1_750_000_000;

// The most that is inserted at once.
const BATCH = 25_000;

let server: Server;
let browser: Browser;
let page: Page;

/** The code of the plot for a page of its own. */
async function script(): Promise<string> {
  const entry = fileURLToPath(new URL("./plot-picture-page.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, lib: { entry, name: "picture", formats: ["iife"] } },
  });
  const [bundle] = built as Rollup.RolldownOutput[];
  return bundle?.output[0].code ?? "";
}

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  page = await browser.newPage();
  await page.addScriptTag({ content: await script() });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Random numbers that are the same each time. */
function seeded(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Walks, noise, waves with outliers, and steps. */
function stream(seed: number): { t: number; d: number }[] {
  const random = seeded(seed);
  let [t, walk] = [END - POINTS, 0];
  return Array.from({ length: POINTS }, (_, i) => {
    t += 2 * random();
    walk += random() - 0.5;
    const outlier = random() < 0.0005 ? 20 * random() : 0;
    const kinds = [
      walk,
      random(),
      Math.sin(i / 3000) * 5 + random() + outlier,
      Math.floor(walk / 5),
    ];
    return { t: Math.round(t * 1000) / 1000, d: Math.round((kinds[seed % 4] ?? 0) * 1e4) / 1e4 };
  });
}

async function floats(path: string, query: string): Promise<number[]> {
  const response = await fetch(`${server.url}/api/v1/crud/${path}/data?${query}`, {
    headers: {
      accept: "application/octet-stream",
      authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}`,
    },
  });
  expect(response.status).toBe(200);
  return [...new Float64Array(await response.arrayBuffer())];
}

async function drawn(seed: number): Promise<Drawn> {
  const path = `${USER}/user/s${seed}`;
  const points = stream(seed);
  await server.createStream(path, { type: "number" });
  for (let from = 0; from < POINTS; from += BATCH) {
    await server.request("POST", `crud/${path}/data`, points.slice(from, from + BATCH));
  }
  // Some range within it, so that it does not begin and end with the stream.
  const random = seeded(seed);
  const [first = 0, last = 0] = [points[0]?.t, points.at(-1)?.t];
  const t1 = first + (last - first) * 0.2 * random();
  const t2 = last - (last - first) * 0.2 * random();
  const pixel = (t2 - t1) / WIDTH;
  const bounds = `&t1=${t1 - pixel}&t2=${t1 + (WIDTH + 1) * pixel}`;
  const answer = await floats(path, `q=plot&columns=${WIDTH + 2}${bounds}`);
  const request: Request = {
    times: points.map(({ t }) => t),
    numbers: points.map(({ d }) => d),
    ...{ answer, t1, t2, width: WIDTH, height: HEIGHT },
  };
  return await page.evaluate(
    (request) =>
      (globalThis as unknown as { picture: { compare: (it: Request) => Drawn } }).picture.compare(
        request,
      ),
    request,
  );
}

describe("the reduced picture", () => {
  it(`is that of all datapoints, for ${STREAMS} random streams of ${POINTS}`, async () => {
    for (let seed = 0; seed < STREAMS; seed += 1) {
      const { differs, inked, outside } = await drawn(seed);
      expect(inked, `stream ${seed}`).toBeGreaterThan(0.005);
      expect(differs, `stream ${seed}`).toBeLessThanOrEqual(0.001);
      expect(outside, `stream ${seed}`).toBeLessThanOrEqual(0.001);
    }
  }, 300_000);
});
