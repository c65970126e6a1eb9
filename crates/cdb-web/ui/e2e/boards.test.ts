import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

const HOUR = 3600;
const TEMPERATURE = `${USER}/garden/temperature`;
const WINDOW = `${USER}/garden/window`;
const HUMIDITY = `${USER}/garden/humidity`;

// What would be a script if it were not shown as text.
const SCRIPT = '<img src=x onerror="document.title=1">';

let server: Server;
let browser: Browser;

/** The end of what was written, in whole hours. */
const end = Math.floor(Date.now() / 1000 / HOUR) * HOUR;

/** A reading each hour of four weeks. */
function readings(value: (i: number) => unknown) {
  return Array.from({ length: 28 * 24 }, (_, i) => {
    return { t: end - (28 * 24 - 1 - i) * HOUR, d: value(i) };
  });
}

const temperatures = readings((i) => i % 100);
const humidities = readings((i) => 50 + (i % 40));

/** Open for six hours, closed for six; said each hour. */
const windows = readings((i) => Math.floor(i / 6) % 2 === 0);

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createDevice("garden", "Garden station");
  await server.createStream(TEMPERATURE, { type: "number" }, "Air");
  await server.insert(TEMPERATURE, temperatures);
  await server.createStream(HUMIDITY, { type: "number" });
  await server.insert(HUMIDITY, humidities);
  await server.createStream(WINDOW, { type: "boolean" }, "Window");
  await server.insert(WINDOW, windows);
  const weather = { type: "string", enum: ["sun", "rain"] };
  await server.createStream(`${USER}/garden/weather`, weather, "Weather");
  const rain = readings((i) => (i % 5 < 2 ? "rain" : "sun")).slice(0, -1);
  await server.insert(`${USER}/garden/weather`, rain);
  await server.createStream(`${USER}/user/diary`, { type: "string" }, SCRIPT);
  await server.insert(`${USER}/user/diary`, [{ d: SCRIPT }]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByLabel("Password", { exact: true }).waitFor({ state: "detached" });
  await tab.page.getByRole("heading", { level: 1 }).waitFor();
  return tab;
}

/** Asks until it is so, as long as for everything else of a page. */
function eventually<T>(ask: () => Promise<T>) {
  return expect.poll(ask);
}

interface View {
  kind: string;
  title: string;
  streams: string[];
}

/** Makes a board as another machine does. */
async function create(name: string, title: string, views: View[]): Promise<string> {
  const devices = JSON.parse(await server.request("GET", `crud/${USER}?q=ls`));
  if (!devices.some((it: { name: string }) => it.name === "boards")) {
    await server.request("POST", `crud/${USER}/boards`, { visible: false });
  }
  // Another try of the same test begins anew.
  const all = JSON.parse(await server.request("GET", `crud/${USER}/boards?q=ls`));
  if (all.some((it: { name: string }) => it.name === name)) {
    await server.request("DELETE", `crud/${USER}/boards/${name}`);
  }
  const board = { datatype: "board", nickname: title, description: JSON.stringify({ views }) };
  await server.request("POST", `crud/${USER}/boards/${name}`, board);
  return `/app/boards/${name}`;
}

/** The views that the server has of a board. */
async function views(name: string): Promise<View[]> {
  const stream = JSON.parse(await server.request("GET", `crud/${USER}/boards/${name}`));
  return JSON.parse(stream.description).views;
}

const GARDEN: View[] = [
  { kind: "plot", title: "Garden", streams: [TEMPERATURE, HUMIDITY] },
  { kind: "plot", title: "Humidity", streams: [HUMIDITY] },
  { kind: "numbers", title: "Now", streams: [TEMPERATURE, `${USER}/user/diary`] },
];

const STATES: View[] = [{ kind: "states", title: "On and off", streams: [WINDOW] }];

describe("a board", () => {
  it("is made with the keyboard alone, and is on every machine", async () => {
    const tab = await open("/app/boards");
    await tab.page.getByText("There is no board yet").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByLabel("Title of a new board").focus();
    await tab.page.keyboard.type("Week in the garden");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "Week in the garden" }).waitFor();
    await tab.page.getByText("Nothing is pinned here yet").waitFor();
    await tab.page.getByRole("button", { name: "+ View" }).press("Enter");
    await tab.page.getByRole("option", { name: "Air" }).waitFor();
    await tab.page.keyboard.type("station air");
    await tab.page.keyboard.press("Enter");
    const view = tab.page.getByRole("region", { name: "Air" });
    await view.getByText("71", { exact: true }).waitFor();
    await tab.page.getByRole("link", { name: "Edit" }).press("Enter");
    await tab.page.getByRole("button", { name: "Add a stream to Air" }).press("Enter");
    await tab.page.getByRole("option", { name: "humidity" }).waitFor();
    await tab.page.keyboard.type("humid");
    await tab.page.keyboard.press("Enter");
    await view.getByRole("link", { name: "humidity" }).waitFor();
    await eventually(() => views("week-in-the-garden")).toEqual([
      { kind: "plot", title: "Air", streams: [TEMPERATURE, HUMIDITY] },
    ]);
    await tab.close();
    const other = await open("/app/boards");
    await other.page.getByRole("link", { name: "Week in the garden 1 view" }).click();
    await other.page.getByRole("region", { name: "Air" }).waitFor();
    // It stands in no list of what one writes.
    await other.goto(`/${USER}`);
    await other.page.getByRole("link", { name: "Garden station" }).waitFor();
    expect(await other.page.getByText("week-in-the-garden").count()).toBe(0);
    await other.close();
  });

  it("takes the streams of another page", async () => {
    const path = await create("pinned", "Pinned", STATES);
    const both = `column=mean:${TEMPERATURE}&column=count:${WINDOW}`;
    const tab = await open(`/app/analyse?every=day&${both}`);
    await tab.page.getByRole("link", { name: "Save to a board" }).press("Enter");
    await tab.page.getByText("the board that Air, Window goes to").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole("button", { name: "Save to Pinned" }).press("Enter");
    await tab.page.waitForURL(`**${path}`);
    await tab.page.getByRole("region", { name: "Air" }).waitFor();
    expect(await views("pinned")).toEqual([
      ...STATES,
      { kind: "plot", title: "Air", streams: [TEMPERATURE] },
      { kind: "states", title: "Window", streams: [WINDOW] },
    ]);
    await tab.goto(`/app/boards?pin=${HUMIDITY}`);
    await tab.page.getByLabel("Title of a new board").fill("Another");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "Another" }).waitFor();
    await tab.page.getByRole("region", { name: "humidity" }).waitFor();
    await tab.close();
  });

  it("takes a view of the page of a stream", async () => {
    const path = await create("view", "View", []);
    const tab = await open(`/${TEMPERATURE}?range=week&script.histogram=map(bucket(50),count)`);
    const card = tab.page.getByRole("region", { name: "How often" });
    await card.locator(".view-picture svg").waitFor();
    await card.getByLabel("More of How often").click();
    await card.getByRole("link", { name: "Save to a board" }).click();
    await tab.page.getByText("“How often” of Air goes to").waitFor();
    await tab.page.getByRole("button", { name: "Save to View" }).click();
    await tab.page.waitForURL(`**${path}`);
    const view = tab.page.getByRole("region", { name: "How often" });
    await view.getByRole("link", { name: "Air" }).waitFor();
    await view.locator(".view-picture svg").waitFor();
    expect(await views("view")).toEqual([
      {
        kind: "view",
        title: "How often",
        streams: [TEMPERATURE],
        pinned: { view: "histogram", script: "map(bucket(50),count)" },
      },
    ]);
    // Another time, and another picture of the same stream.
    await tab.page.getByRole("link", { name: "Year" }).click();
    await tab.page.getByRole("button", { name: "The time before" }).click();
    await view.getByText("Nothing was written in this range.").waitFor();
    await tab.goto(`${path}?edit`);
    await tab.page.getByLabel("How How often is shown").selectOption("Lines over time");
    await view.getByRole("application").waitFor();
    await tab.page.getByLabel("How How often is shown").selectOption("As it was saved");
    await view.locator(".view-picture svg").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.close();
  });

  it("has values at the cursor beside the names, the same in each plot", async () => {
    const tab = await open(`${await create("cursor", "Cursor", GARDEN)}?range=month`);
    const garden = tab.page.getByRole("region", { name: "Garden" });
    const humidity = tab.page.getByRole("region", { name: "Humidity" });
    await garden.getByText("71", { exact: true }).waitFor();
    await humidity.getByText("81", { exact: true }).waitFor();
    // The first value of all.
    await humidity.getByRole("application").focus();
    await tab.page.keyboard.press("Home");
    await humidity.getByText("50", { exact: true }).waitFor();
    await garden.getByText("0", { exact: true }).waitFor();
    await garden.getByText("50", { exact: true }).waitFor();
    expect(await humidity.getByRole("status").textContent()).toMatch(/, humidity 50$/);
    await tab.page.keyboard.press("Escape");
    await humidity.getByText("81", { exact: true }).waitFor();
    await tab.close();
  });

  it("has bars of what was on and off, and the word at the cursor", async () => {
    const tab = await open(`${await create("states", "States", STATES)}?range=day`);
    const bars = tab.page.getByRole("region", { name: "On and off" });
    await bars.locator("rect").first().waitFor();
    // A day that ends with an hour of what was said last.
    const first = windows.findIndex(({ t }) => t > end - 24 * HOUR);
    const runs = windows.slice(first - 1, -1).map(({ d }) => d);
    const changes = runs.filter((d, i) => i > 0 && d !== runs[i - 1]).length;
    expect(await bars.locator("rect").count()).toBe(changes + 1);
    const last = windows.at(-1)?.d as boolean;
    const word = (d: boolean) => (d ? "On" : "Off");
    await bars.getByText(word(last), { exact: true }).first().waitFor();
    await bars.getByRole("application").focus();
    await tab.page.keyboard.press("ArrowLeft");
    await tab.page.keyboard.press("ArrowLeft");
    await eventually(() => bars.getByRole("status").textContent()).toBe(word(!last));
    await tab.page.keyboard.press("Escape");
    await eventually(() => bars.getByRole("status").textContent()).toBe(word(last));
    // A stream that is added goes on to be followed.
    await tab.page.getByRole("link", { name: "Edit" }).click();
    await tab.page.getByRole("button", { name: "+ View" }).click();
    await tab.page.getByRole("option", { name: "Weather" }).click();
    const words = tab.page.getByRole("region", { name: "Weather" });
    await eventually(() => words.getByRole("status").textContent()).toBe("rain");
    await words.locator("rect").first().waitFor();
    const time = tab.page.locator(".board-time");
    const before = await time.textContent();
    await server.insert(WINDOW, [{ t: end + 2 * HOUR, d: last }]);
    await eventually(() => time.textContent()).not.toBe(before);
    await server.insert(WINDOW, [{ t: end + 2 * HOUR + 1, d: !last }]);
    await eventually(() => bars.getByRole("status").textContent()).toBe(word(!last));
    expect(await tab.violations()).toEqual([]);
    await tab.close();
  });

  it("has bars of words alone", async () => {
    const view = { kind: "states", title: "Weather", streams: [`${USER}/garden/weather`] };
    const tab = await open(await create("words", "Words", [view]));
    const bars = tab.page.getByRole("region", { name: "Weather" });
    await bars.locator("rect").nth(20).waitFor();
    await tab.close();
  });

  it("is looked at in a range that the address has, on one time axis", async () => {
    const tab = await open(await create("range", "Range", GARDEN));
    const range = tab.page.locator(".board-time");
    await range.getByText(/–/).waitFor();
    const week = await range.textContent();
    await tab.page.getByRole("link", { name: "Day", exact: true }).click();
    await tab.page.waitForURL(/range=day/);
    await tab.page.waitForFunction(
      (week) => document.querySelector(".board-time")?.textContent !== week,
      week,
    );
    await tab.page.getByRole("button", { name: "The time before" }).press("Enter");
    await tab.page.waitForURL(/t1=\d+/);
    const said = new URL(tab.page.url()).searchParams;
    expect(Number(said.get("t2")) - Number(said.get("t1"))).toBeCloseTo(86_400, 0);
    await tab.page.getByRole("button", { name: "Back to live" }).press("Enter");
    await tab.page.waitForURL(/range=day/);
    await tab.close();
  });

  it("has the newest values as they come", async () => {
    const tab = await open(await create("live", "Live", GARDEN));
    const now = tab.page.getByRole("region", { name: "Now" });
    await now.getByText("71", { exact: true }).waitFor();
    await tab.page.getByRole("region", { name: "Garden" }).getByText("71").waitFor();
    const t = end + 1;
    await server.insert(TEMPERATURE, [{ t, d: -12.25 }]);
    await now.getByText("−12.25").waitFor();
    await tab.page.getByRole("region", { name: "Garden" }).getByText("−12.25").waitFor();
    await server.request("DELETE", `crud/${TEMPERATURE}/data?t1=${end}&t2=${t}`);
    await now.getByText("71", { exact: true }).waitFor();
    await tab.close();
  });

  it("is renamed, put in order and deleted, and what is deleted comes back", async () => {
    const tab = await open(`${await create("edited", "Before", GARDEN)}?edit`);
    await tab.page.getByLabel("Title", { exact: true }).fill("After");
    await tab.page.getByRole("button", { name: "Rename" }).press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "After" }).waitFor();
    await tab.page.getByRole("button", { name: "Move Now up" }).press("Enter");
    const order = () => tab.page.getByRole("heading", { level: 2 }).allTextContents();
    await tab.page.waitForFunction(() => document.querySelectorAll("h2")[1]?.textContent === "Now");
    expect(await order()).toEqual(["Garden", "Now", "Humidity"]);
    await tab.page.getByRole("button", { name: "Delete Garden" }).press("Enter");
    await tab.page.getByText("Garden is off the board").waitFor();
    expect(await order()).toEqual(["Now", "Humidity"]);
    await tab.page.getByRole("button", { name: "Undo" }).press("Enter");
    await tab.page.getByRole("region", { name: "Garden" }).waitFor();
    await tab.page.getByLabel("Title of Humidity").fill("Wet");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("region", { name: "Wet" }).waitFor();
    await tab.page.getByLabel("How Wet is shown").selectOption("Large numbers");
    await tab.page
      .getByRole("button", { name: `Take ${HUMIDITY} out` })
      .first()
      .press("Enter");
    await tab.page.getByRole("link", { name: "Done" }).press("Enter");
    await eventually(() => views("edited")).toEqual([
      { kind: "plot", title: "Garden", streams: [TEMPERATURE] },
      { kind: "numbers", title: "Now", streams: [TEMPERATURE, `${USER}/user/diary`] },
      { kind: "numbers", title: "Wet", streams: [HUMIDITY] },
    ]);
    await tab.page.reload();
    await tab.page.getByRole("region", { name: "Wet" }).getByText("81").waitFor();
    await tab.page.getByRole("link", { name: "Edit" }).click();
    await tab.page.getByRole("button", { name: "Delete", exact: true }).press("Enter");
    await tab.page.getByText("After is deleted").waitFor();
    await tab.page.getByRole("heading", { level: 1, name: "Boards" }).waitFor();
    await tab.page.getByRole("button", { name: "Undo" }).press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "After" }).waitFor();
    await tab.page.getByRole("region", { name: "Wet" }).waitFor();
    await tab.close();
  });

  it("takes over what another machine has changed, when it is seen again", async () => {
    const tab = await open(await create("shared", "Shared", GARDEN));
    await tab.page.getByRole("region", { name: "Garden" }).waitFor();
    const changed = { nickname: "Changed", description: JSON.stringify({ views: STATES }) };
    await server.request("PUT", `crud/${USER}/boards/shared`, changed);
    await tab.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await tab.page.getByRole("heading", { level: 1, name: "Changed" }).waitFor();
    await tab.page.getByRole("region", { name: "On and off" }).waitFor();
    expect(await tab.page.getByRole("region", { name: "Garden" }).count()).toBe(0);
    await tab.close();
  });

  it("says what is wrong, and shows what the server has", async () => {
    const tab = await open(`${await create("gone", "Gone", GARDEN)}?edit`);
    await tab.page.getByRole("region", { name: "Garden" }).waitFor();
    await server.request("DELETE", `crud/${USER}/boards/gone`);
    await tab.page.getByRole("button", { name: "Move Now up" }).click();
    await tab.page.getByRole("alert").waitFor();
    expect(await tab.page.getByRole("heading", { level: 2 }).allTextContents()).toEqual([
      "Garden",
      "Humidity",
      "Now",
    ]);
    await tab.page.reload();
    await tab.page.getByRole("heading", { name: "There is no such board" }).waitFor();
    await tab.close([/40[34]/]);
  });

  it("shows what looks like a script as text, and what is no board not at all", async () => {
    const path = await create("script", SCRIPT, [
      { kind: "numbers", title: SCRIPT, streams: [`${USER}/user/diary`] },
      { kind: "plot", title: "Others", streams: ["anna/x/missing"] },
    ]);
    const tab = await open(path);
    await tab.page.getByRole("heading", { level: 1, name: SCRIPT }).waitFor();
    await tab.page.getByRole("link", { name: SCRIPT }).waitFor();
    await tab.page.getByRole("definition").getByText("<img").waitFor();
    await tab.page.getByRole("link", { name: "anna/x/missing" }).waitFor();
    await tab.page.getByRole("region", { name: "Others" }).getByRole("alert").waitFor();
    expect(await tab.page.locator("img").count()).toBe(0);
    await tab.close([/40[34]/]);
  });
});

describe("every board", () => {
  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const name = `look${look.width}${look.dark ? "dark" : ""}`;
      const path = await create(name, "Week in the garden", [...GARDEN, ...STATES]);
      const tab = await open("/app/boards", look);
      const pages = [
        ["boards", "/app/boards"],
        ["board", path],
        ["board-edit", `${path}?edit`],
      ] as const;
      for (const [page, path] of pages) {
        await tab.goto(path);
        await tab.page.locator("main").getByText("Week in the garden").first().waitFor();
        await tab.page.waitForLoadState("networkidle");
        await tab.picture(page, look);
        expect(await tab.violations(), page).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), `${page} scrolls sideways`).toBe(false);
      }
      await tab.close();
    });
  }
});
