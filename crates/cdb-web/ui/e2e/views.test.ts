// The views of a stream, whose numbers are computed here once more, and the bar for scripts.

import { readFileSync } from "node:fs";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

const DAY = 86_400;
const END = 1_700_000_000;
interface Point {
  t: number;
  d: unknown;
}

let server: Server;
let browser: Browser;

/** Numbers that are the same each time, from 0 to below 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

const draw = random(7);

/** Datapoints every four hours of so many days. */
function every4h(days: number, value: (i: number) => unknown): Point[] {
  return Array.from({ length: days * 6 }, (_, i) => ({
    t: END - (days * 6 - 1 - i) * (DAY / 6),
    d: value(i),
  }));
}

const tenths = (low: number, high: number) => Math.round((low + draw() * (high - low)) * 10) / 10;

const TEMPERATURE = every4h(70, () => tenths(-5, 25));
const STEPS = every4h(20, () => Math.floor(draw() * 1000));
const HEATING = every4h(20, () => draw() > 0.5);
const WEATHER = every4h(20, () => ["sun", "rain", "snow"][Math.floor(draw() * 3)]);
const ROOMS = every4h(20, (i) => {
  const celsius = tenths(15, 25);
  return { celsius, humidity: tenths(30, 40) + celsius, room: i % 3 === 0 ? "attic" : "cellar" };
});
const DIARY = every4h(12, (i) => `Entry ${i}: ${i % 5 === 0 ? "a good walk" : "a bad (long) day"}`);
const PAGES = every4h(5, (i) => `https://${["a.example", "www.b.example"][i % 2]}/page/${i}`);

const paths: Record<string, string> = {};

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  const streams: [string, object, string, Point[]][] = [
    ["temperature", { type: "number" }, "temperature.celsius", TEMPERATURE],
    ["steps", { type: "integer" }, "number.count", STEPS],
    ["heating", { type: "boolean" }, "toggle", HEATING],
    ["weather", { type: "string", enum: ["sun", "rain", "snow"] }, "", WEATHER],
    ["rooms", { type: "object" }, "", ROOMS],
    ["diary", { type: "string" }, "log.diary", DIARY],
    ["pages", { type: "string" }, "", PAGES],
  ];
  for (const [name, schema, datatype, points] of streams) {
    const path = `${USER}/user/${name}`;
    paths[name] = path;
    await server.createStream(path, schema, "", datatype);
    await server.insert(path, points);
  }
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("navigation", { name: "Pages" }).waitFor();
  return tab;
}

/** A view by its title. */
function view(tab: Tab, name: string): Locator {
  return tab.page.getByRole("region", { name, exact: true });
}

/** What a view says of the things in its picture, by the arrow keys. */
async function read(card: Locator, count: number): Promise<string[]> {
  await card.scrollIntoViewIfNeeded();
  const figure = card.getByRole("figure");
  await figure.focus();
  await figure.press("Home");
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    words.push((await card.locator(".readout").textContent()) ?? "");
    await figure.press("ArrowRight");
  }
  return words;
}

/** The rows of a view that lists counts. */
async function rows(card: Locator): Promise<[string, string][]> {
  await card.scrollIntoViewIfNeeded();
  await card.getByRole("row").first().waitFor();
  const all = await card.getByRole("row").all();
  return await Promise.all(
    all.map(
      async (row): Promise<[string, string]> => [
        (await row.getByRole("rowheader").textContent()) ?? "",
        (await row.locator(".number").textContent()) ?? "",
      ],
    ),
  );
}

// Computed once more, as the calendar of this machine has it, which is that of the browser.

const dayOf = (t: number) => new Date(t * 1000).toDateString();

function groups<T>(points: Point[], key: (point: Point) => T): Map<T, Point[]> {
  const all = new Map<T, Point[]>();
  for (const point of points) all.set(key(point), [...(all.get(key(point)) ?? []), point]);
  return all;
}

const sum = (points: Point[]) => points.reduce((sum, { d }) => sum + Number(d), 0);
const mean = (points: Point[]) => sum(points) / points.length;
const derived = (n: number) =>
  Number(n.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 12 }).replace("-", "−");

/** What each day comes to, the last ones. */
function daily(points: Point[], of: (points: Point[]) => number): number[] {
  return [...groups(points, ({ t }) => dayOf(t)).values()].map(of);
}

/** The numbers at the ends of words: "Thu, Nov 9 · 12.5 °C" has 12.5. */
const last = (words: string[]) => words.map((it) => it.split(" · ").at(-1)?.split("\u2009")[0]);

describe("views", () => {
  it("mean a day", async () => {
    const tab = await open(`/${paths.temperature}?range=month`);
    const month = TEMPERATURE.filter(({ t }) => t > END - 30 * DAY);
    const expected = daily(month, mean).map(derived);
    expect(last(await read(view(tab, "Mean a day"), expected.length))).toEqual(expected);
    await tab.close();
  });

  it("sum a day", async () => {
    const tab = await open(`/${paths.steps}`);
    const expected = daily(STEPS, sum).map(derived);
    expect(last(await read(view(tab, "Sum a day"), expected.length))).toEqual(expected);
    await tab.close();
  });

  it("histogram", async () => {
    const tab = await open(`/${paths.temperature}`);
    const card = view(tab, "How often");
    const size = 2;
    const buckets = groups(TEMPERATURE, ({ d }) => Math.floor(Number(d) / size) * size);
    const lows = [...buckets.keys()].sort((a, b) => a - b);
    const expected = lows.map(
      (low) => `${derived(low)} to ${derived(low + size)} · ${buckets.get(low)?.length} ×`,
    );
    expect(await read(card, expected.length)).toEqual(expected);
    await tab.close();
  });

  it("counts", async () => {
    const tab = await open(`/${paths.weather}`);
    const counted = [...groups(WEATHER, ({ d }) => String(d))].map(
      ([name, points]): [string, string] => [name, String(points.length)],
    );
    counted.sort(([, a], [, b]) => Number(b) - Number(a));
    expect(await rows(view(tab, "Counts"))).toEqual(counted);
    await tab.close();
  });

  it("mean by category", async () => {
    const tab = await open(`/${paths.rooms}`);
    const numbers = ROOMS.map(({ t, d }) => {
      const { room, celsius } = d as { room: string; celsius: number };
      return { room, point: { t, d: celsius } };
    });
    const of = (name: string) => numbers.filter(({ room }) => room === name).map((it) => it.point);
    const expected = ["attic", "cellar"]
      .map((room): [string, number] => [room, mean(of(room))])
      .sort(([, a], [, b]) => b - a)
      .map(([room, n]) => [room, derived(n)]);
    expect(await rows(view(tab, "Mean of celsius by room"))).toEqual(expected);
    await tab.close();
  });

  it("time on and off", async () => {
    const tab = await open(`/${paths.heating}`);
    for (const [state, name] of [
      [true, "Time on, a day"],
      [false, "Time off, a day"],
    ] as const) {
      // A run lasts until the datapoint that ends it, and belongs to that day.
      const runs: Point[] = [];
      let from: number | undefined;
      for (const [i, { t, d }] of HEATING.entries()) {
        if (d === state) from ??= t;
        const isEnd = d !== state || i === HEATING.length - 1;
        if (isEnd && from !== undefined && t > from) runs.push({ t, d: t - from });
        if (d !== state) from = undefined;
      }
      const two = (n: number) => String(n).padStart(2, "0");
      const expected = daily(runs, sum).map(
        (s) => `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`,
      );
      expect(last(await read(view(tab, name), expected.length))).toEqual(expected);
    }
    await tab.close();
  });

  it("states", async () => {
    const tab = await open(`/${paths.weather}?t1=${END - 20 * DAY}&t2=${END}`);
    const card = view(tab, "States");
    const runs: { state: string; hours: number }[] = [];
    for (const [i, { d }] of WEATHER.entries()) {
      const before = runs.at(-1);
      const hours = i === WEATHER.length - 1 ? 0 : 4;
      if (before && before.state === d) before.hours += hours;
      else runs.push({ state: String(d), hours });
    }
    const lasting = runs.filter(({ hours }) => hours > 0);
    const expected = lasting.map(({ state, hours }) =>
      hours < 24
        ? `${state} for ${hours} h`
        : `${state} for ${Math.round((hours / 24) * 10) / 10} d`,
    );
    const words = await read(card, expected.length);
    expect(words.map((it) => it.split(", from")[0])).toEqual(expected);
    await tab.close();
  });

  it("mood of the words", async () => {
    const tab = await open(`/${paths.diary}`);
    // "good" is 3 and "bad" is −3 in AFINN, over 5 times the number of words.
    const values = DIARY.map(({ t, d }) => {
      const isGood = String(d).includes("good");
      return { t, d: (isGood ? 3 : -3) / (5 * (isGood ? 5 : 6)) };
    });
    const expected = daily(values, mean);
    const words = last(await read(view(tab, "Mood of the words, a day"), expected.length));
    for (const [i, n] of expected.entries()) {
      expect(Number(words[i]?.replace("−", "-"))).toBeCloseTo(n, 3);
    }
    await tab.close();
  });

  it("pages by host", async () => {
    const tab = await open(`/${paths.pages}`);
    expect(await rows(view(tab, "Pages by host"))).toEqual([
      ["a.example", "15"],
      ["b.example", "15"],
    ]);
    await tab.close();
  });

  it("scatter with Pearson's correlation", async () => {
    const tab = await open(`/${paths.rooms}`);
    const card = view(tab, "humidity by celsius");
    const pairs = ROOMS.map(({ d }) => d as { celsius: number; humidity: number; room: string });
    const xs = pairs.map(({ celsius }) => celsius);
    const ys = pairs.map(({ humidity }) => humidity);
    const m = (all: number[]) => all.reduce((a, b) => a + b, 0) / all.length;
    const cov = (a: number[], b: number[]) =>
      m(a.map((it, i) => (it - m(a)) * ((b[i] ?? 0) - m(b))));
    const r = cov(xs, ys) / Math.sqrt(cov(xs, xs) * cov(ys, ys));
    await card.scrollIntoViewIfNeeded();
    await card.getByText(`r = +${derived(r)}`).waitFor();
    await card.getByText(`n = ${pairs.length}`).waitFor();
    expect(await card.locator("circle.scatter-pair").count()).toBe(pairs.length);
    const expected = pairs
      .slice(0, 5)
      .map(
        (it) => `celsius ${derived(it.celsius)} · humidity ${derived(it.humidity)} · ${it.room}`,
      );
    expect(await read(card, 5)).toEqual(expected);
    await tab.close();
  });

  it("weekday by hour", async () => {
    const tab = await open(`/${paths.temperature}`);
    const hours = groups(TEMPERATURE, ({ t }) => {
      const date = new Date(t * 1000);
      // The week of the language of the browser, English of the United States, begins on Sundays.
      return date.getDay() * 24 + date.getHours();
    });
    const expected = Array.from({ length: 168 }, (_, i) => {
      const points = hours.get(i);
      return points ? derived(mean(points)) : "none";
    });
    const words = await read(view(tab, "By weekday and hour"), 168);
    expect(last(words)).toEqual(expected);
    expect(words[0]).toMatch(/^Sun 0:00/);
    await tab.close();
  });

  it("calendar", async () => {
    const tab = await open(`/${paths.temperature}`);
    const expected = daily(TEMPERATURE, mean).map(derived);
    expect(last(await read(view(tab, "Each day of a year"), expected.length))).toEqual(expected);
    await tab.close();
  });

  it("compare with the period before", async () => {
    const tab = await open(`/${paths.temperature}?range=week`);
    const card = view(tab, "These 7 d and those before");
    await card.scrollIntoViewIfNeeded();
    const two = TEMPERATURE.filter(({ t }) => t > END - 14 * DAY);
    const byDay = [...groups(two, ({ t }) => dayOf(t)).values()].map((points) => ({
      t: points.at(-1)?.t ?? 0,
      d: mean(points),
    }));
    const now = byDay.filter(({ t }) => t > END - 7 * DAY);
    const before = byDay.filter(({ t }) => t <= END - 7 * DAY);
    await card.getByText(`now, mean ${derived(mean(now))}`).waitFor();
    await card.getByText(`before, mean ${derived(mean(before))}`).waitFor();
    const words = await read(card, now.length);
    expect(words.map((it) => it.split(" · ")[1]?.split("\u2009")[0])).toEqual(
      now.map(({ d }) => derived(Number(d))),
    );
    await tab.close();
  });

  it("single number", async () => {
    const tab = await open(`/${paths.steps}`);
    const card = view(tab, "Sum");
    await card.scrollIntoViewIfNeeded();
    await card.getByText(derived(sum(STEPS)), { exact: true }).waitFor();
    await tab.close();
  });

  it("texts by day, searched", async () => {
    const tab = await open(`/${paths.diary}`, PHONE);
    const card = view(tab, "By day");
    await card.getByText(String(DIARY.at(-1)?.d)).waitFor();
    await card.getByText("72 texts").waitFor();
    await card.getByLabel("Search the texts").fill("BAD (lon");
    const found = DIARY.filter(({ d }) => String(d).includes("bad (lon"));
    await card.getByText(`${found.length} texts`).waitFor();
    expect(new URL(tab.page.url()).searchParams.get("script.texts")).toContain("(?i)BAD");
    await tab.page.reload();
    await card.getByText(`${found.length} texts`).waitFor();
    await card.getByLabel("Search the texts").fill("zork");
    await card.getByText("0 texts").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.close();
  });

  it("numbers of objects, each a line", async () => {
    const tab = await open(`/${paths.rooms}`);
    const card = view(tab, "Each number, as its mean a day");
    const of = (key: "celsius" | "humidity") =>
      daily(
        ROOMS.map(({ t, d }) => ({ t, d: (d as Record<string, number>)[key] })),
        mean,
      ).map(derived);
    const [celsius, humidity] = [of("celsius"), of("humidity")];
    const words = await read(card, celsius.length);
    expect(words.map((it) => it.split(" · ").slice(1))).toEqual(
      celsius.map((n, i) => [`celsius ${n}`, `humidity ${humidity[i]}`]),
    );
    expect(await card.locator("polyline").count()).toBe(2);
    await tab.close();
  });

  it("last value as a tree", async () => {
    const tab = await open(`/${paths.rooms}`);
    const card = view(tab, "Last value");
    await card.scrollIntoViewIfNeeded();
    await card.getByText("3 entries").waitFor();
    const { celsius } = (ROOMS.at(-1) as Point).d as { celsius: number };
    await card.getByText(`celsius: ${celsius}`).waitFor();
    await tab.close();
  });
});

describe("a view", () => {
  it("has a script that can be changed, which is in the address", async () => {
    const tab = await open(`/${paths.temperature}`);
    const card = view(tab, "How often");
    await card.getByRole("button", { name: "map(bucket(2), count)" }).click();
    const field = card.getByLabel("Script of How often");
    await field.fill("map(bucket(10), cuont)");
    await card.getByText("Transform cuont not found, at 17.").waitFor();
    expect(await tab.violations()).toEqual([]);
    await field.fill("map(bucket(10), count)");
    await field.press("Enter");
    const low = TEMPERATURE.filter(({ d }) => Number(d) < 0).length;
    expect((await read(card, 1))[0]).toBe(`−10 to 0 · ${low} ×`);
    const { searchParams } = new URL(tab.page.url());
    expect(searchParams.get("script.histogram")).toBe("map(bucket(10), count)");
    await tab.page.reload();
    expect((await read(card, 1))[0]).toBe(`−10 to 0 · ${low} ×`);
    await card.getByRole("button", { name: "map(bucket(10), count)" }).press("Enter");
    await card.getByRole("button", { name: "As it was" }).press("Enter");
    await card.getByRole("button", { name: "map(bucket(2), count)" }).waitFor();
    expect(new URL(tab.page.url()).search).toBe("");
    await tab.close([/403/]);
  });

  it("is looked at alone, as numbers, and downloaded", async () => {
    const tab = await open(`/${paths.steps}`);
    const card = view(tab, "Sum a day");
    const more = card.locator("summary[aria-label='More of Sum a day']");
    await more.press("Enter");
    expect(await tab.violations()).toEqual([]);
    await card.getByRole("link", { name: "Full width" }).press("Enter");
    expect(new URL(tab.page.url()).search).toBe("?view=sum-day");
    await view(tab, "How often").waitFor({ state: "detached" });
    await more.press("Enter");
    await card.getByRole("button", { name: "As numbers" }).press("Enter");
    const expected = daily(STEPS, sum);
    const table = card.getByRole("table", { name: "What the script gives" });
    await table
      .getByRole("cell", { name: String(expected.at(-1)), exact: true })
      .first()
      .waitFor();
    expect(await table.getAttribute("aria-rowcount")).toBe(String(expected.length + 1));
    await more.press("Enter");
    const [file] = await Promise.all([
      tab.page.waitForEvent("download"),
      card.getByRole("button", { name: "Download as CSV" }).press("Enter"),
    ]);
    const lines = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\r\n")
      .slice(1);
    expect(lines.map((line) => Number(line.split(",")[2]))).toEqual(expected);
    await card.getByRole("group").press("Escape");
    await tab.page.getByRole("link", { name: "All views" }).first().click();
    await view(tab, "How often").waitFor();
    await tab.close();
  });

  it("is drawn again when something was written", async () => {
    const path = `${USER}/user/live${Date.now()}`;
    await server.createStream(path, { type: "number" }, "", "number.count");
    await server.insert(path, [{ d: 5 }]);
    const tab = await open(`/${path}`);
    const card = view(tab, "Sum");
    await card.scrollIntoViewIfNeeded();
    await card.getByText("5", { exact: true }).waitFor();
    await server.insert(path, [{ d: 37 }]);
    await card.getByText("42", { exact: true }).waitFor();
    await tab.close();
  });
});

describe("the script of the page", () => {
  const bar = (tab: Tab) => tab.page.getByRole("region", { name: "Script", exact: true });

  /** The table of what the script gives. */
  async function resultsOf(tab: Tab): Promise<Locator> {
    await tab.page
      .getByRole("heading", { name: /^What the script gives/ })
      .scrollIntoViewIfNeeded();
    const results = tab.page.getByRole("table", { name: "What the script gives" });
    await results.waitFor();
    return results;
  }

  it("is checked while it is typed, and what is shown stays", async () => {
    const tab = await open(`/${paths.temperature}`);
    const field = bar(tab).getByLabel("Script", { exact: true });
    await field.fill("if $ > 20");
    await field.press("Enter");
    const warm = TEMPERATURE.filter(({ d }) => Number(d) > 20);
    const results = await resultsOf(tab);
    expect(await results.getAttribute("aria-rowcount")).toBe(String(warm.length + 1));
    expect(new URL(tab.page.url()).searchParams.get("transform")).toBe("if $ > 20");
    await field.fill("if $ > 20 | maen");
    await bar(tab).getByText("Transform maen not found, at 13.").waitFor();
    expect(await bar(tab).locator(".wrong", { hasText: "maen" }).count()).toBeGreaterThan(0);
    await bar(tab).getByText("last script that worked").waitFor();
    expect(await results.getAttribute("aria-rowcount")).toBe(String(warm.length + 1));
    await tab.picture("script", WIDE);
    expect(await tab.violations()).toEqual([]);
    await bar(tab).getByRole("button", { name: "mean" }).click();
    expect(await field.inputValue()).toBe("if $ > 20 | mean");
    await bar(tab).getByRole("button", { name: "Run" }).click();
    await results
      .getByRole("cell", { name: String(mean(warm)).slice(0, 8) })
      .first()
      .waitFor();
    await tab.page.goBack();
    await results
      .getByRole("cell", { name: String(warm.at(-1)?.d), exact: true })
      .first()
      .waitFor();
    expect(await field.inputValue()).toBe("if $ > 20");
    await tab.close([/403/]);
  });

  it("is completed with the keyboard, and what views and downloads are of", async () => {
    const tab = await open(`/${paths.steps}`);
    const field = bar(tab).getByLabel("Script", { exact: true });
    await field.focus();
    await tab.page.keyboard.type("if $ > 500 | cou");
    await tab.page.getByRole("option", { name: /^count/ }).waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.page.keyboard.press("ArrowDown");
    await tab.page.keyboard.press("Enter");
    expect(await field.inputValue()).toBe("if $ > 500 | count");
    await tab.page.keyboard.press("Enter");
    const many = STEPS.filter(({ d }) => Number(d) > 500);
    const results = await resultsOf(tab);
    await results.getByRole("cell", { name: String(many.length), exact: true }).waitFor();
    const [file] = await Promise.all([
      tab.page.waitForEvent("download"),
      tab.page.getByRole("button", { name: "Download as CSV" }).first().press("Enter"),
    ]);
    const lines = readFileSync(await file.path(), "utf8")
      .trim()
      .split("\r\n")
      .slice(1);
    expect(lines).toEqual(
      many.map(({ t }, i) => `${new Date(t * 1000).toISOString()},${t},${i + 1}`),
    );
    // What was half typed was checked, too.
    await tab.close([/403/]);
  });

  it("of an address that is wrong leaves the stream as it is", async () => {
    const tab = await open(`/${paths.steps}?transform=zork`);
    await bar(tab).getByText("Transform zork not found").waitFor();
    await view(tab, "Sum a day").waitFor();
    await tab.close([/403/]);
  });
});

describe("views of every kind", () => {
  for (const look of LOOKS) {
    it(`are accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open(`/${paths.temperature}`, look);
      for (const name of ["temperature", "heating", "rooms"]) {
        await tab.goto(`/${paths[name]}`);
        await tab.page.locator("section.view").first().waitFor();
        for (const card of await tab.page.locator("section.view").all()) {
          await card.scrollIntoViewIfNeeded();
          await card.locator(".view-empty").waitFor({ state: "detached" });
        }
        await tab.picture(`views-${name}`, look);
        expect(await tab.violations(), name).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), `${name} scrolls sideways`).toBe(false);
      }
      await tab.close();
    });
  }
});
