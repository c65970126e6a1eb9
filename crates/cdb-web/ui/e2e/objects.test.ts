// Devices and streams: listed, found, created, changed, deleted; users, the log, and what one is oneself.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, type Look, launch, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

const MINUTE = 60;
const DAY = 86_400;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  const now = Date.now() / 1000;
  await server.createDevice("garden", "Garden station");
  await server.createStream(`${USER}/garden/temperature`, { type: "number" }, "", "number.celsius");
  await server.createDevice("shed", "Shed sensor");
  await server.createStream(`${USER}/shed/temperature`, { type: "number" });
  await server.createStream(`${USER}/shed/light`, { type: "boolean" });
  const lamp = { schema: '{"type":"integer","minimum":0,"maximum":100}', downlink: true };
  await server.createDevice("lamp", "Desk lamp");
  await server.request("POST", `crud/${USER}/lamp/brightness`, lamp);
  const each = (count: number, interval: number, end: number) =>
    Array.from({ length: count }, (_, i) => ({ t: end - (count - i) * interval, d: i % 7 }));
  await server.insert(`${USER}/garden/temperature`, each(60, MINUTE, now));
  await server.insert(`${USER}/shed/temperature`, each(60, MINUTE, now - 3 * DAY));
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look: Look = WIDE, on = server): Promise<Tab> {
  const tab = await Tab.open(browser, on, look);
  await tab.goto(path);
  await tab.logIn();
  await tab.page.locator("#main h1").first().waitFor({ state: "attached" });
  return tab;
}

describe("devices", () => {
  it("show the last value with its unit, how often it comes, and who is silent", async () => {
    const tab = await open(`/${USER}`);
    const row = tab.page.getByRole("row", { name: /^temperature.*[^s] every 1 min/ });
    await row.getByText("°C").waitFor();
    await tab.page.getByText("Shed sensor has been silent for 3 d.").waitFor();
    await tab.page.getByText("It used to write every 1 min.").waitFor();
    await tab.page.getByRole("row", { name: /^temperature.*was every 1 min/ }).waitFor();
    expect(await row.locator("svg.tiny polyline").count()).toBe(1);
    await server.insert(`${USER}/garden/temperature`, [{ d: 31.25 }]);
    await row.getByText("31.25").waitFor();
    await tab.page.getByRole("link", { name: "See its last values" }).click();
    await tab.page.waitForURL(`**/${USER}/shed/temperature`);
    await tab.close();
  });

  it("are filtered, ordered and folded, as the address says", async () => {
    const tab = await open(`/${USER}`);
    const rows = () => tab.page.locator("tr[data-index]").allTextContents();
    await tab.page.getByRole("link", { name: "Silent 1" }).click();
    await tab.page.waitForURL("**?show=silent");
    expect((await rows()).join()).toMatch(/^Shed sensor.*temperature.*light/);
    await tab.page.getByRole("link", { name: "Controls 1" }).click();
    await tab.page.getByText("control", { exact: true }).waitFor();
    expect(await rows()).toHaveLength(2);
    await tab.page.getByRole("link", { name: /^All/ }).click();
    await tab.page.getByRole("columnheader", { name: "Name" }).getByRole("link").click();
    await tab.page.waitForURL("**?order=name");
    expect((await rows())[0]).toMatch(/^By hand/);
    await tab.page.getByRole("columnheader", { name: "Name" }).getByRole("link").click();
    await tab.page.waitForURL("**?order=-name");
    const name = tab.page.getByRole("columnheader", { name: "Name" });
    expect(await name.getAttribute("aria-sort")).toBe("descending");
    expect((await rows())[0]).toMatch(/^Shed sensor/);
    const fold = tab.page.getByRole("button", { name: "Show the streams of Shed sensor" });
    await fold.press("Enter");
    await tab.page.getByRole("link", { name: "light" }).waitFor({ state: "detached" });
    expect(await fold.getAttribute("aria-expanded")).toBe("false");
    await tab.page.reload();
    await fold.waitFor();
    expect(await tab.page.getByRole("link", { name: "light" }).count()).toBe(0);
    await tab.page.getByRole("searchbox").fill("zork");
    await tab.page.getByText("No device or stream has “zork” in its name.").waitFor();
    expect(new URL(tab.page.url()).searchParams.get("find")).toBe("zork");
    await tab.close();
  });

  it("are gone through with the arrow keys", async () => {
    const tab = await open(`/${USER}/shed`);
    await tab.page.getByRole("link", { name: "temperature" }).focus();
    await tab.page.keyboard.press("ArrowDown");
    const focused = () => tab.page.evaluate("document.activeElement.textContent");
    expect(await focused()).toBe("light");
    await tab.page.keyboard.press("ArrowUp");
    expect(await focused()).toBe("temperature");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForURL(`**/${USER}/shed/temperature`);
    await tab.close();
  });

  it("say so when there is none of a name", async () => {
    const tab = await open(`/${USER}/zork`);
    await tab.page.getByText(`There is no ${USER}/zork, or you may not see it.`).waitFor();
    await tab.page.getByRole("link", { name: "See all devices" }).click();
    await tab.page.getByRole("link", { name: "Garden station" }).waitFor();
    await tab.goto("/nobody-here");
    await tab.page.getByText("There is no nobody-here").waitFor();
    await tab.close([/404/]);
  });

  for (const look of LOOKS) {
    it(`are accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open(`/${USER}`, look);
      await tab.page.getByText("Shed sensor has been silent").waitFor();
      await tab.picture("devices", look);
      expect(await tab.violations()).toEqual([]);
      expect(await isTooWide(tab)).toBe(false);
      await tab.goto(`/${USER}/shed`);
      await tab.page.getByRole("link", { name: "light" }).waitFor();
      expect(await tab.violations()).toEqual([]);
      await tab.close();
    });
  }
});

async function isTooWide(tab: Tab): Promise<unknown> {
  return await tab.page.evaluate("document.documentElement.scrollWidth > innerWidth");
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** The time on a processor, in microseconds: what other programs do meanwhile does not count. */
  tdur?: number;
  args: { name?: string };
}

/** The longest task of a page, in milliseconds. */
function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = traceEvents
    .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name === "RunTask" && threads.includes(`${pid} ${tid}`),
  );
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

describe("10,000 streams", () => {
  let many: Server;

  beforeAll(async () => {
    many = await Server.start();
    const streams = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`sensor${i}`, { schema: '{"type":"number"}' }]),
    );
    for (let i = 0; i < 100; i++) {
      await many.request("POST", `crud/${USER}/station${i}`, { streams });
    }
  }, 120_000);

  afterAll(async () => {
    await many?.stop();
  });

  it("are scrolled and searched without a task of 100 ms", async () => {
    const tab = await open(`/${USER}`, WIDE, many);
    await tab.page.getByText("101 devices, 10,000 streams").waitFor();
    await tab.page.getByRole("link", { name: "station0", exact: true }).waitFor();
    await tab.page.waitForLoadState("networkidle");
    await browser.startTracing(tab.page, { categories: ["disabled-by-default-devtools.timeline"] });
    await tab.page.mouse.move(700, 500);
    for (let i = 0; i < 40; i++) await tab.page.mouse.wheel(0, 9000);
    await tab.page.getByRole("link", { name: "sensor99" }).first().waitFor();
    expect(await tab.page.locator("tr[data-index]").count()).toBeLessThan(100);
    await tab.page.keyboard.press("/");
    await tab.page.keyboard.type("station77 sensor5");
    await tab.page.getByRole("link", { name: "station77" }).waitFor();
    await tab.page
      .getByRole("link", { name: "station0", exact: true })
      .waitFor({ state: "detached" });
    expect(await tab.page.locator("tr[data-index]").count()).toBe(12);
    await tab.page.keyboard.press("Control+k");
    await tab.page.keyboard.type("station42/sensor42");
    await tab.page.getByRole("option", { name: /station42\/sensor42/ }).waitFor();
    expect(await tab.page.getByRole("option").count()).toBe(1);
    const longest = longestTask(await browser.stopTracing());
    console.log(`10,000 streams: the longest task took ${Math.round(longest)} ms`);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
    await tab.close();
  });
});
