// The page of a stream around its plot: the table of all datapoints, correcting them, downloads.

import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

// More rows than a browser draws one below the other.
const LONG = 300_000;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createDevice("garden");
  const path = `${USER}/garden/temperature`;
  await server.createStream(path, { type: "number" }, "", "temperature.celsius");
  await server.insert(
    path,
    Array.from({ length: LONG }, (_, i) => ({ t: 1_600_000_000 + i * 60, d: i / 10 })),
  );
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

let streams = 0;

/** Creates a stream of its own for a test, which may run twice, and returns its path. */
async function create(schema: object, datatype = "", device = "user"): Promise<string> {
  streams++;
  const path = `${USER}/${device}/stream${streams}`;
  await server.request("POST", `crud/${path}`, { schema: JSON.stringify(schema), datatype });
  return path;
}

/** Datapoints a second apart. */
function series(values: unknown[], start = 1000): { t: number; d: unknown }[] {
  return values.map((d, i) => ({ t: start + i, d }));
}

async function values(path: string): Promise<unknown[]> {
  const answer = await server.request("GET", `crud/${path}/data?i1=0`);
  return JSON.parse(answer).map(({ d }: { d: unknown }) => d);
}

/** The table of datapoints. */
const table = (tab: Tab) => tab.page.getByRole("table", { name: "Datapoints" });
/** The row with a value. */
const rowOf = (tab: Tab, name: string) =>
  table(tab).locator("tr", { has: tab.page.getByRole("cell", { name, exact: true }) });
const cell = (tab: Tab, name: string) => table(tab).getByRole("cell", { name, exact: true });

describe("the actions of a stream", () => {
  it("leads to what is done with it elsewhere", async () => {
    const tab = await open(`/${USER}/garden/temperature`);
    await tab.page.getByLabel("More with this stream").click();
    await tab.page.getByRole("link", { name: "Analyse it beside others" }).click();
    await tab.page
      .getByText("garden/temperature, choose another")
      .or(tab.page.getByRole("button", { name: "garden/temperature, choose another" }))
      .first()
      .waitFor();
    expect(await tab.page.getByLabel("How garden/temperature is taken").inputValue()).toBe("mean");
    await tab.page.goBack();
    await tab.page.getByLabel("More with this stream").focus();
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("link", { name: "Upload a file into it" }).press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "Upload" }).waitFor();
    expect(tab.page.url()).toContain(`into=${USER}/garden/temperature`);
    await tab.goto(`/${USER}/garden`);
    await tab.page.getByRole("link", { name: "Connect it" }).click();
    await tab.page.getByRole("heading", { name: "Give it this key" }).waitFor();
    await tab.close();
  });

  it("says when the file of a view cannot be had", async () => {
    const short = await create({ type: "number" });
    await server.insert(short, series([1, 2, 3, 4]));
    const tab = await open(`/${short}`);
    const card = tab.page.getByRole("region", { name: "How often" });
    await card.locator(".view-picture svg").waitFor();
    await tab.page.route(/\/data\?/, (route) => route.abort());
    await card.getByLabel("More of How often").click();
    await card.getByRole("button", { name: "Download as CSV" }).click();
    await card.getByRole("alert").waitFor();
    await tab.close([/ERR_FAILED/]);
  });
});

describe("the table of a stream", () => {
  const path = `/${USER}/garden/temperature`;

  it("has every datapoint, however many there are", async () => {
    const tab = await open(path);
    await cell(tab, "29,999.9".replace(",", "")).waitFor();
    expect(await table(tab).getAttribute("aria-rowcount")).toBe(String(LONG + 1));
    expect(await table(tab).getByRole("row").count()).toBeLessThan(60);
    const box = tab.page.getByRole("region", { name: "Datapoints" });
    await box.focus();
    await tab.page.keyboard.press("End");
    await cell(tab, "0.0").waitFor();
    // To the last row, by the wheel row by row, and back by the keyboard.
    await box.hover();
    await tab.page.mouse.wheel(0, -36 * 40);
    await cell(tab, "4.0").waitFor();
    await tab.page.keyboard.press("Home");
    await cell(tab, "29999.9").waitFor();
    await tab.close();
  });

  it("goes to a number and to a time", async () => {
    const tab = await open(path);
    const field = tab.page.getByLabel("Go to a time or number");
    await field.fill("123,456");
    await field.press("Enter");
    await cell(tab, "12345.6").waitFor();
    const row = rowOf(tab, "12345.6");
    expect(await row.getAttribute("aria-rowindex")).toBe(String(LONG - 123_456 + 1));
    await field.fill("2020-09-13T13:00:00Z");
    await field.press("Enter");
    // The last one that is not after it: 33 minutes and 20 seconds after the first.
    await cell(tab, "3.3").waitFor();
    await field.fill("zork");
    await field.press("Enter");
    await tab.page.getByText("“zork” is neither").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.close();
  });

  it("has what is new on top, and keeps what is looked at in its place", async () => {
    const live = await create({ type: "number" });
    await server.insert(
      live,
      Array.from({ length: 500 }, (_, i) => ({ t: 1000 + i, d: i })),
    );
    const tab = await open(`/${live}`);
    await cell(tab, "499").waitFor();
    await server.insert(live, [{ t: 2000, d: 500 }]);
    await cell(tab, "500").waitFor();
    expect(await table(tab).getByRole("row").nth(1).textContent()).toContain("500");
    const box = tab.page.getByRole("region", { name: "Datapoints" });
    await box.evaluate((it) => it.scrollTo(0, 36 * 200));
    await cell(tab, "300").waitFor();
    const before = await cell(tab, "300").boundingBox();
    await server.insert(live, [
      { t: 2001, d: 501 },
      { t: 2002, d: 502 },
    ]);
    await tab.page.locator("[aria-rowcount='504']").waitFor();
    expect((await cell(tab, "300").boundingBox())?.y).toBe(before?.y);
    await tab.close();
  });

  it("loses a wrong value, and gets it back", async () => {
    const indoor = await create({ type: "number" });
    await server.insert(indoor, [
      { t: 1000, d: 20 },
      { t: 2000, d: 85 },
      { t: 3000, d: 21 },
    ]);
    const tab = await open(`/${indoor}`);
    const row = rowOf(tab, "85");
    await row.hover();
    await tab.page.getByRole("button", { name: /^Delete 85 of / }).click();
    await tab.page.getByText("Deleted: 85").waitFor();
    expect(await values(indoor)).toEqual([20, 21]);
    expect(await row.getAttribute("class")).toBe("deleted");
    expect(await table(tab).getByRole("row").count()).toBe(4);
    expect(await tab.violations()).toEqual([]);
    await tab.picture("deleted", WIDE);
    await tab.page.getByRole("button", { name: /^Undo and put 85 of / }).press("Enter");
    await tab.page.getByRole("button", { name: /^Delete 85 of / }).waitFor();
    expect(await values(indoor)).toEqual([20, 85, 21]);
    // It is gone when it cannot be put back any more.
    await tab.page.getByRole("button", { name: /^Delete 85 of / }).press("Enter");
    await row.getByRole("button", { name: /^Undo/ }).waitFor();
    await row.waitFor({ state: "detached" });
    expect(await values(indoor)).toEqual([20, 21]);
    await tab.close();
  });

  it("takes another value in the place of a wrong one, also on a phone", async () => {
    const indoor = await create({ type: "number", maximum: 100 });
    await server.insert(indoor, series([20, 78, 21]));
    const tab = await open(`/${indoor}`, PHONE);
    await tab.page.getByRole("button", { name: /^Correct or delete 78 of / }).click();
    await tab.page.getByRole("button", { name: /^Correct 78 of / }).click();
    const field = tab.page.getByLabel(/^New value of /);
    await field.fill("seven");
    await field.press("Enter");
    await tab.page.getByText("This is not a value of this kind.").waitFor();
    await field.fill("780");
    await field.press("Enter");
    await tab.page.getByText("At least one datapoint did not conform").waitFor();
    await tab.picture("correcting", PHONE);
    expect(await tab.violations()).toEqual([]);
    await field.fill("7,8");
    await tab.page.getByRole("button", { name: "Save" }).click();
    await tab.page.getByText("Corrected: 78 is 7.8 now").waitFor();
    await cell(tab, "7.8").waitFor();
    expect(await values(indoor)).toEqual([20, 7.8, 21]);
    await tab.page.getByRole("button", { name: /^Correct or delete 20 of / }).click();
    await tab.page.getByRole("button", { name: /^Correct 20 of / }).press("Enter");
    await tab.page.keyboard.type("19");
    await tab.page.keyboard.press("Escape");
    await cell(tab, "20").waitFor();
    expect(await values(indoor)).toEqual([20, 7.8, 21]);
    await tab.close([/403/]);
  });

  it("corrects nothing that somebody has changed meanwhile", async () => {
    const shared = await create({ type: "number" });
    await server.insert(shared, series([1, 2, 3]));
    const tab = await open(`/${shared}`);
    await cell(tab, "2").hover();
    await tab.page.getByRole("button", { name: /^Correct 2 of / }).click();
    await server.request("PATCH", `crud/${shared}/data?i1=1&i2=2`, [{ t: 1001, d: 2.5 }]);
    await tab.page.getByLabel(/^New value of /).fill("9");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText("Something was changed meanwhile.").waitFor();
    await cell(tab, "2.5").waitFor();
    expect(await values(shared)).toEqual([1, 2.5, 3]);
    await tab.close();
  });
});

describe("the head of a stream", () => {
  it("says what there is, how old it is and how often it comes", async () => {
    const now = Date.now() / 1000;
    const path = await create({ type: "number" }, "humidity.percent");
    const points = Array.from({ length: 60 }, (_, i) => ({
      t: now - (59 - i) * 60,
      d: 50 + i / 2,
    }));
    await server.insert(path, points);
    const tab = await open(`/${path}`);
    const head = tab.page.locator(".headline");
    await head.getByText("79.5").first().waitFor();
    await head.getByText("every 1 min").waitFor();
    await head.getByText("50 to 79.5").waitFor();
    await head.getByText("mean 64.75 in all").waitFor();
    expect(await head.textContent()).toContain("79.5%");
    expect(await head.locator(".silent").count()).toBe(0);
    await tab.goto(`/${USER}/garden/temperature`);
    await head.getByText(/^silent for/).waitFor();
    await head.getByText("was every 1 min").waitFor();
    await head.getByText("300,000").waitFor();
    await tab.close();
  });
});

describe("a download", () => {
  async function download(tab: Tab, format: string): Promise<{ name: string; text: string }> {
    const [file] = await Promise.all([
      tab.page.waitForEvent("download"),
      tab.page.getByRole("button", { name: `Download as ${format}` }).click(),
    ]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
  }

  it("has every datapoint, as CSV and as JSON", async () => {
    const tab = await open(`/${USER}/garden/temperature`);
    const csv = await download(tab, "CSV");
    expect(csv.name).toBe("mara_garden_temperature_2020-09-13_2021-04-09.csv");
    const lines = csv.text.split("\r\n");
    expect(lines).toHaveLength(LONG + 2);
    expect(lines[0]).toBe("time,unix,value");
    expect(lines[12_346]).toBe("2020-09-22T02:11:40.000Z,1600740700,1234.5");
    const json = await download(tab, "JSON");
    expect(json.name).toBe("mara_garden_temperature_2020-09-13_2021-04-09.json");
    const points = JSON.parse(json.text);
    expect(points).toHaveLength(LONG);
    expect(points[12_345]).toEqual({ t: 1_600_740_700, d: 1234.5 });
    await tab.close();
  });

  it("has what is seen: the range, a column for each key, and no formulas", async () => {
    const path = await create({ type: "object" });
    const day = 86_400;
    await server.insert(path, [
      { t: 1_700_000_000 - 40 * day, d: { room: "attic", celsius: 3 } },
      { t: 1_700_000_000 - day, d: { room: "=1+1", celsius: 21.5 } },
      { t: 1_700_000_000, d: { room: 'the "cellar", left', open: true } },
    ]);
    const tab = await open(`/${path}?range=month`);
    const { name, text } = await download(tab, "CSV");
    expect(name).toBe(`${path.replaceAll("/", "_")}_2023-11-13_2023-11-14.csv`);
    expect(text).toBe(
      "time,unix,celsius,open,room\r\n" +
        "2023-11-13T22:13:20.000Z,1699913600,21.5,,'=1+1\r\n" +
        '2023-11-14T22:13:20.000Z,1700000000,,true,"the ""cellar"", left"\r\n',
    );
    await tab.close();
  });
});

describe("the page of a stream", () => {
  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open(`/${USER}/garden/temperature`, look);
      await cell(tab, "29999.9").waitFor();
      await tab.picture("table", look);
      expect(await tab.violations()).toEqual([]);
      const tooWide = "document.documentElement.scrollWidth > innerWidth";
      expect(await tab.page.evaluate(tooWide)).toBe(false);
      await tab.close();
    });
  }
});
