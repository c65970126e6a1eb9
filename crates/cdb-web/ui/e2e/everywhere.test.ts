// What is the same on many pages: pinned streams, controls, ranges of time, titles, addresses of the original.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

const TEMPERATURE = `${USER}/garden/temperature`;
const LAMP = `${USER}/lamp/light`;

/** A Wednesday. */
const END = Date.parse("2026-04-15T12:00:00Z") / 1000;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createDevice("garden");
  await server.createStream(TEMPERATURE, { type: "number" }, "Garden", "temperature.celsius");
  const hours = Array.from({ length: 24 * 60 }, (_, i) => ({ t: END - i * 3600, d: i % 30 }));
  await server.insert(TEMPERATURE, hours.reverse());
  await server.createDevice("lamp");
  const light = { schema: '{"type":"boolean"}', nickname: "Light", downlink: true };
  await server.request("POST", `crud/${LAMP}`, light);
  await server.insert(LAMP, [{ d: false }]);
  await server.createStream(`${USER}/user/mood`, { type: "integer" }, "Mood", "rating.stars");
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look = WIDE, zone?: string): Promise<Tab> {
  const tab = await Tab.open(browser, server, look);
  const kept = JSON.stringify({ zone, firstDay: 0 });
  await tab.page.addInitScript(`localStorage.preferences ??= '${kept}'`);
  await tab.logIn();
  await tab.goto(path);
  await tab.page.getByRole("navigation", { name: "Pages" }).first().waitFor();
  return tab;
}

const heading = (tab: Tab, name: string) =>
  tab.page.getByRole("heading", { level: 1, name }).waitFor();

describe("a stream that is pinned", () => {
  it("is in the side bar with its last value, until it is taken off", async () => {
    const tab = await open(`/${TEMPERATURE}`);
    const pinned = tab.page.getByRole("region", { name: "Pinned" });
    await tab.page.getByRole("button", { name: "Pin", exact: true }).click();
    await pinned.getByRole("link", { name: "Garden 0 °C" }).waitFor();
    // On another machine, too; and what is written comes at once.
    const other = await open("/");
    const there = other.page.getByRole("region", { name: "Pinned" });
    await there.getByRole("link", { name: "Garden 0 °C" }).waitFor();
    await server.insert(TEMPERATURE, [{ t: END + 60, d: 7.5 }]);
    await there.getByRole("link", { name: "Garden 7.5 °C" }).waitFor();
    await pinned.getByRole("link", { name: "Garden 7.5 °C" }).waitFor();
    expect(await other.violations()).toEqual([]);
    await other.picture("pinned", WIDE);
    await other.close();
    // A phone has no side bar.
    const phone = await open("/app/more", PHONE);
    await phone.page.getByRole("link", { name: "Garden 7.5 °C" }).waitFor();
    expect(await phone.violations()).toEqual([]);
    await phone.picture("more", PHONE);
    await phone.close();
    await tab.page.getByRole("button", { name: "Pin", exact: true }).press("Enter");
    await pinned.waitFor({ state: "detached" });
    await tab.close();
  });

  it("comes when the connection is back, if its file could not be loaded", async () => {
    await server.request("PUT", `crud/${USER}/web/pinned`, {
      description: JSON.stringify([TEMPERATURE]),
    });
    const tab = await Tab.open(browser, server);
    const file = /\/pinned\.js$/;
    await tab.page.route(file, (route) => route.abort("internetdisconnected"));
    await tab.logIn();
    await tab.goto("/");
    const failure = tab.page.getByRole("banner").getByRole("alert");
    await failure.waitFor();
    await tab.context.setOffline(true);
    await tab.page.getByText("No connection.").waitFor();
    await tab.page.unroute(file);
    await tab.context.setOffline(false);
    await tab.page.getByRole("region", { name: "Pinned" }).waitFor();
    expect(await failure.count()).toBe(0);
    await tab.close([/ERR_INTERNET_DISCONNECTED/]);
  });
});

describe("a downlink", () => {
  it("is asked on Today, below what one notes", async () => {
    const tab = await open("/");
    const controls = tab.page.getByRole("region", { name: "Controls" });
    const light = controls.getByRole("article").filter({ hasText: "Light" });
    await light.getByRole("button", { name: "On" }).click();
    await light.getByText("Waiting for the device to answer").waitFor();
    await server.insert(LAMP, [{ d: true }]);
    await light.getByText("Done", { exact: true }).waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.picture("controls", WIDE);
    await tab.close();
  });

  it("is not asked without a connection", async () => {
    const tab = await open("/");
    const controls = tab.page.getByRole("region", { name: "Controls" });
    await controls.getByRole("button", { name: "On" }).waitFor();
    await tab.context.setOffline(true);
    await tab.page.locator(".control button:disabled").first().waitFor();
    expect(await controls.getByRole("button", { name: "Off" }).isDisabled()).toBe(true);
    await tab.context.setOffline(false);
    await tab.page.locator(".control button:disabled").first().waitFor({ state: "detached" });
    await tab.goto(`/${LAMP}`);
    const asks = tab.page.getByRole("region", { name: "Ask" });
    await asks.getByRole("button", { name: "On" }).waitFor();
    await tab.context.setOffline(true);
    await asks.getByText("Without a connection, a device is not asked").waitFor();
    expect(await asks.getByRole("button", { name: "On" }).isDisabled()).toBe(true);
    await tab.context.setOffline(false);
    await tab.close([/ERR_INTERNET_DISCONNECTED/, /Failed to load/]);
  });

  it("is noted, and kept, where it is one's own", async () => {
    const tab = await open(`/${USER}/user/mood`);
    await tab.page.getByRole("radio", { name: "8 stars" }).waitFor();
    await tab.context.setOffline(true);
    await tab.page.getByText("What you note is kept on this device").waitFor();
    await tab.context.setOffline(false);
    await tab.close([/ERR_INTERNET_DISCONNECTED/, /Failed to load/]);
  });
});

describe("a range of time", () => {
  it("is chosen from the calendar, in one's own zone", async () => {
    const tab = await open(`/${TEMPERATURE}?range=day`, WIDE, "Asia/Tokyo");
    await tab.page.getByRole("application", { name: "Garden over time" }).waitFor();
    await tab.page.getByText("Dates", { exact: true }).click();
    await tab.page.getByText("The clock is that of Asia/Tokyo.").waitFor();
    // A day before the last datapoint, which is at 21:01 there.
    expect(await tab.page.getByLabel("Start", { exact: true }).inputValue()).toMatch(
      /^2026-04-14T21:0/,
    );
    await tab.page.getByLabel("Start", { exact: true }).fill("2026-04-10T00:00:00");
    await tab.page.getByLabel("End", { exact: true }).fill("2026-04-09T00:00:00");
    await tab.page.getByRole("button", { name: "Show", exact: true }).click();
    await tab.page.getByText("The end is not after the start.").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.picture("range-picker", WIDE);
    await tab.page.getByLabel("End", { exact: true }).fill("2026-04-12T00:00:00");
    await tab.page.keyboard.press("Enter");
    const t1 = Date.parse("2026-04-09T15:00:00Z") / 1000;
    await tab.page.waitForURL(`**?t1=${t1}&t2=${t1 + 2 * 86_400}`);
    await tab.page.locator(".range-picker summary").getByText("Apr 10").waitFor();
    // A whole year, by keys.
    await tab.page.locator(".range-picker summary").press("Enter");
    await tab.page.getByRole("button", { name: "This year" }).press("Enter");
    await tab.page.waitForURL((url) => {
      const [from, to] = ["t1", "t2"].map((name) => Number(url.searchParams.get(name)));
      return Math.round(((to ?? 0) - (from ?? 0)) / 86_400) >= 365;
    });
    await tab.close();
  });

  it("is that of a table", async () => {
    const tab = await open(`/app/analyse?every=hour&zone=UTC&column=mean:${TEMPERATURE}`);
    const choose = async (start: string, end: string) => {
      await tab.page.locator(".sentence .range-picker summary").click();
      await tab.page.getByLabel("Start", { exact: true }).fill(start);
      await tab.page.getByLabel("End", { exact: true }).fill(end);
      await tab.page.getByRole("button", { name: "Show", exact: true }).click();
    };
    await choose("2026-04-10T06:00:00", "2026-04-10T18:00:00");
    await tab.page.getByText(/^12 rows/).waitFor();
    expect(tab.page.url()).toContain("from=2026-04-10T06:00:00&to=2026-04-10T18:00:00");
    expect(await tab.page.getByLabel("First day").inputValue()).toMatch(/^2026-04-10T06:00/);
    await tab.picture("analyse-range", WIDE);
    // Whole days are days.
    await tab.page.getByLabel("Row for each").selectOption("day");
    await choose("2026-04-10T00:00:00", "2026-04-13T00:00:00");
    await tab.page.getByText(/^3 rows/).waitFor();
    expect(tab.page.url()).toContain("from=2026-04-10&to=2026-04-12");
    await tab.close();
  });

  it("stays with a board", async () => {
    await server.request("POST", `crud/${USER}/boards`, { visible: false });
    const views = [{ kind: "plot", title: "Garden", streams: [TEMPERATURE] }];
    const description = JSON.stringify({ views });
    const board = { datatype: "board", nickname: "Range", description };
    await server.request("POST", `crud/${USER}/boards/range`, board);
    const tab = await open("/app/boards/range");
    const month = tab.page.getByRole("link", { name: "Month" });
    await tab.page.locator(".segments [aria-current]").getByText("Week").waitFor();
    await month.click();
    await tab.page.locator(".segments [aria-current]").getByText("Month").waitFor();
    const kept = async () => {
      const answer = await server.request("GET", `crud/${USER}/boards/range`);
      return JSON.parse(JSON.parse(answer).description).range;
    };
    await expect.poll(kept).toBe("range=month");
    await tab.goto("/app/boards/range");
    await tab.page.locator(".segments [aria-current]").getByText("Month").waitFor();
    await tab.page.locator(".range-picker summary").click();
    await tab.page.getByRole("button", { name: "Last year" }).click();
    await expect.poll(kept).toMatch(/^t1=\d+&t2=\d+$/);
    await tab.close();
  });
});

it("begins weeks on the day that one has chosen", async () => {
  const tab = await open(`/${TEMPERATURE}`);
  const rows = tab.page.getByRole("region", { name: "By weekday and hour" }).locator("svg text");
  await rows.first().getByText("Mon").waitFor();
  await tab.goto("/app/settings/look");
  await tab.page.getByLabel("First day of the week").selectOption("Saturday");
  await tab.goto(`/${TEMPERATURE}`);
  await rows.first().getByText("Sat").waitFor();
  await tab.close();
});

it("follows the addresses of the original", async () => {
  const tab = await open("/#downlinks");
  await heading(tab, "Downlinks");
  await tab.goto(`/${USER}/user#create/rating.stars`);
  await heading(tab, "New stream");
  expect(await tab.page.getByLabel("What it holds").inputValue()).toBe("rating");
  await tab.goto(`/${TEMPERATURE}#edit`);
  await tab.page.getByLabel("Nickname").waitFor();
  expect(tab.page.url()).toContain(`/${TEMPERATURE}?edit`);
  // Typed into the address of a page that is open.
  await tab.page.evaluate("location.hash = '#main'");
  await tab.page.evaluate("location.hash = '#edit'");
  await tab.page.waitForURL(`**/${TEMPERATURE}?edit`);
  await tab.close();
});

it("says on a phone once where one is", async () => {
  const tab = await open("/app/more", PHONE);
  const pages: [string, string][] = [
    [`/${TEMPERATURE}`, "Garden"],
    [`/${USER}`, "Devices"],
    ["/app/connect", "Connect a device"],
    ["/app/analyse", "Analyse"],
    ["/app/boards", "Boards"],
    ["/app/downlinks", "Downlinks"],
    ["/app/upload", "Upload"],
    ["/app/settings", "Settings"],
    ["/app/users", "Users"],
    ["/app/pipescript", "PipeScript"],
    [`/${USER}/meta/log`, "Log"],
  ];
  for (const [path, title] of pages) {
    await tab.goto(path);
    await heading(tab, title);
    await tab.page.waitForLoadState("networkidle");
    await expect.poll(() => tab.page.locator(".top p").textContent()).toBe(title);
    const box = await tab.page.getByRole("heading", { level: 1 }).boundingBox();
    expect(box?.width, path).toBeLessThanOrEqual(1);
    const tooWide = "document.documentElement.scrollWidth > innerWidth";
    expect(await tab.page.evaluate(tooWide), `${path} scrolls sideways`).toBe(false);
    await tab.picture(`title-${title.toLowerCase().replaceAll(" ", "-")}`, PHONE);
  }
  await tab.close();
}, 90_000);
