import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, Tab, WIDE } from "./browser.ts";
import { PASSWORD, Server, USER } from "./server.ts";

const run = promisify(execFile);

const DAY = 86_400;
const DAYS = 40;
// In Berlin it is winter, an hour ahead of UTC.
const FIRST = Date.parse("2026-01-05T00:00:00+01:00") / 1000;
const BERLIN = "from=2026-01-05&to=2026-02-13&zone=Europe/Berlin";
const MOOD = `${USER}/user/mood`;
const STEPS = `${USER}/phone/steps`;
const BOTH = `/app/analyse?every=day&${BERLIN}&column=mean:${MOOD}&column=sum:${STEPS}`;

// What would be a script if it were not shown as text.
const SCRIPT = '<img src=x onerror="document.title=1">';

interface Point {
  t: number;
  d: number;
}

let server: Server;
let browser: Browser;

/** Three ratings on most days, and none on each seventh. */
const mood: Point[] = range(DAYS * 3).flatMap((i) => {
  const day = Math.floor(i / 3);
  const t = FIRST + day * DAY + (9 + 5 * (i % 3)) * 3600;
  return day % 7 === 6 ? [] : [{ t, d: (day * 5 + i) % 11 }];
});

/** Steps each hour, more on days with a good mood. */
const steps: Point[] = range(DAYS * 24).map((i) => {
  const day = Math.floor(i / 24);
  return { t: FIRST + i * 3600 + 60, d: 100 + ((day * 5) % 11) * 30 + ((i * 7919) % 200) };
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The values of each day, by their number from the first on. */
function byDay(points: Point[]): number[][] {
  const days = range(DAYS).map((): number[] => []);
  for (const { t, d } of points) days[Math.ceil((t - FIRST) / DAY) - 1]?.push(d);
  return days;
}

const sum = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
const moods = byDay(mood).map((all) => (all.length > 0 ? sum(all) / all.length : undefined));
const stepsADay = byDay(steps).map(sum);

/** Pearson's coefficient by the formula of sums, which is not that of the page. */
function pearson(pairs: [number, number][]): number {
  const n = pairs.length;
  const [x, y] = [sum(pairs.map(([x]) => x)), sum(pairs.map(([, y]) => y))];
  const xy = sum(pairs.map(([x, y]) => x * y));
  const [xx, yy] = [sum(pairs.map(([x]) => x * x)), sum(pairs.map(([, y]) => y * y))];
  return (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y));
}

/** The moods with the steps of the same day, or of the day before. */
function pairs(before: number): [number, number][] {
  return moods.flatMap((mood, day): [number, number][] => {
    const steps = stepsADay[day - before];
    return mood === undefined || steps === undefined ? [] : [[mood, steps]];
  });
}

function signed(r: number): string {
  return `${r < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`;
}

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  const rating = { type: "integer", minimum: 0, maximum: 10 };
  await server.createStream(MOOD, rating, "How I feel", "rating.stars");
  await server.insert(MOOD, mood);
  await server.createDevice("phone", "Phone");
  await server.createStream(STEPS, { type: "integer" }, "", "number.count");
  await server.insert(STEPS, steps);
  // As the mood, but on nine days.
  await server.createStream(`${USER}/user/headache`, { type: "number" });
  const few = mood.filter(({ t }) => t < FIRST + 10 * DAY && t % DAY === 8 * 3600);
  await server.insert(`${USER}/user/headache`, few);
  await server.createStream(`${USER}/user/flat`, { type: "number" });
  await server.insert(
    `${USER}/user/flat`,
    steps.map(({ t }) => ({ t, d: 0.1 })),
  );
  // Its last value is a number, its others are not.
  await server.createStream(`${USER}/user/mixed`, {});
  await server.insert(`${USER}/user/mixed`, [
    { t: FIRST + 5, d: "x" },
    { t: FIRST + 10, d: 1 },
  ]);
  await server.createStream(`${USER}/user/diary`, { type: "string" }, SCRIPT);
  await server.insert(`${USER}/user/diary`, [{ t: FIRST + 3600, d: SCRIPT }]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("heading", { level: 1, name: "Analyse" }).waitFor();
  return tab;
}

/** What a click gives to save. */
async function saved(tab: Tab, button: string): Promise<string> {
  const download = tab.page.waitForEvent("download");
  await tab.page.getByRole("button", { name: button, exact: true }).click();
  return readFileSync(await (await download).path(), "utf8");
}

/** The text of a language. */
async function code(tab: Tab, language: string): Promise<string> {
  await tab.page.getByRole("tab", { name: language, exact: true }).click();
  return (await tab.page.getByRole("tabpanel", { name: language }).textContent()) ?? "";
}

/** Runs a text as a person does who has logged in, and returns what it prints. */
async function shell(text: string): Promise<unknown> {
  const directory = process.env.CDB?.replace(/\/[^/]*$/, "") ?? "";
  const command = process.env.CDB?.split("/").at(-1) ?? "";
  const commands = `cdb() { "${directory}/${command}" --json "$@"; }
    curl() { command curl --silent --show-error --user '${USER}:${PASSWORD}' "\${@:3}"; }
    ${text}`;
  const device = JSON.parse(await server.request("GET", `crud/${USER}/user`));
  const env = { ...process.env, CDB_URL: server.url, CDB_APIKEY: device.apikey };
  const { stdout } = await run("bash", ["-c", commands], { env, maxBuffer: 1e8 });
  return JSON.parse(stdout);
}

async function cells(row: Locator): Promise<string[]> {
  return await row.getByRole("cell").allTextContents();
}

describe("a table", () => {
  it("has the means and sums of each day of a zone", async () => {
    const tab = await open(BOTH);
    await tab.page.getByText(`${DAYS} rows, 35 complete`).waitFor();
    const answer = JSON.parse(await saved(tab, "JSON"));
    const expected = range(DAYS).flatMap((day) =>
      moods[day] === undefined
        ? []
        : [{ t: FIRST + (day + 1) * DAY, d: { mood: moods[day], steps: stepsADay[day] } }],
    );
    expect(answer).toEqual(expected);
    const newest = tab.page.getByRole("row", { name: /Fri, Feb 13/ });
    expect(await cells(newest)).toEqual([
      String(Number((moods[39] ?? 0).toPrecision(4))),
      stepsADay[39]?.toLocaleString("en"),
    ]);
    // A Sunday.
    const leftOut = tab.page.getByRole("row", { name: /Sun, Feb 8 left out/ });
    expect(await cells(leftOut)).toEqual(["none", stepsADay[34]?.toLocaleString("en")]);
    await tab.page.getByRole("button", { name: "Show 32 more" }).click();
    expect(await tab.page.getByRole("row", { name: /left out/ }).count()).toBe(5);
    await tab.close();
  });

  it("is saved as CSV", async () => {
    const tab = await open(BOTH);
    const [head, first, ...others] = (await saved(tab, "CSV")).trimEnd().split("\r\n");
    expect(head).toBe("time,t,mood,steps");
    expect(first).toBe(`2026-01-05T23:00:00.000Z,${FIRST + DAY},${moods[0]},${stepsADay[0]}`);
    expect(others).toHaveLength(34);
    await tab.close();
  });

  it("has hours, and a row for each value of a stream", async () => {
    const hours = `every=hour&from=2026-01-05&to=2026-01-05&zone=Europe/Berlin`;
    const tab = await open(
      `/app/analyse?${hours}&column=sum:${STEPS}&column=before:${MOOD}&keep=any`,
    );
    await tab.page.getByText("24 rows ·").waitFor();
    const rows = JSON.parse(await saved(tab, "JSON"));
    const before = (t: number) => mood.filter((it) => it.t <= t).at(-1)?.d ?? null;
    expect(rows).toEqual(
      range(24).map((hour) => {
        const t = FIRST + hour * 3600;
        const own = steps.filter((it) => it.t > t - 3600 && it.t <= t);
        return {
          t,
          d: { steps: own.length > 0 ? sum(own.map(({ d }) => d)) : null, mood: before(t) },
        };
      }),
    );
    await tab.goto(`/app/analyse?every=value&of=${MOOD}&${BERLIN}&column=after:${STEPS}`);
    await tab.page.getByText(`${mood.length} rows,`).waitFor();
    const values = JSON.parse(await saved(tab, "JSON"));
    const after = (t: number) => steps.find((it) => it.t > t)?.d;
    expect(values).toEqual(mood.map(({ t, d }) => ({ t, d: { x: d, steps: after(t) } })));
    await tab.close();
  });

  it("is one series of several streams", async () => {
    const tab = await open(
      `/app/analyse?every=series&${BERLIN}&column=mean:${MOOD}&column=mean:${STEPS}`,
    );
    await tab.page
      .getByText(`${(mood.length + steps.length).toLocaleString("en")} rows ·`)
      .waitFor();
    const rows = JSON.parse(await saved(tab, "JSON"));
    const sorted = [...mood, ...steps].sort((a, b) => a.t - b.t);
    expect(rows).toEqual(sorted.map(({ t, d }) => ({ t, d: { value: d } })));
    await tab.page.getByRole("button", { name: "Show the code" }).click();
    expect(await shell(await code(tab, "curl"))).toEqual(sorted);
    await tab.close();
  });
});

describe("the code", () => {
  it("of curl and cdb prints the rows of the page", async () => {
    const tab = await open(BOTH);
    await tab.page.getByRole("button", { name: "Show the code" }).click();
    const rows = JSON.parse(await saved(tab, "JSON"));
    expect(rows).toHaveLength(35);
    expect(await shell(await code(tab, "curl"))).toEqual(rows);
    expect(await shell(await code(tab, "cdb"))).toEqual(rows);
    expect(new URL(tab.page.url()).searchParams.get("code")).toBe("cdb");
    await tab.close();
  });

  it("is chosen and read with the keyboard", async () => {
    const tab = await open(`${BOTH}&code=python`);
    await tab.page.getByRole("tab", { name: "Python" }).focus();
    await tab.page.keyboard.press("ArrowRight");
    await tab.page.keyboard.press("ArrowRight");
    await tab.page.getByRole("tab", { name: "cdb", selected: true }).waitFor();
    expect(await tab.page.evaluate("document.activeElement.textContent")).toBe("cdb");
    await tab.page.getByText("cdb dataset").waitFor();
    await tab.page.getByRole("button", { name: "Hide the code" }).press("Enter");
    await tab.page.getByRole("tab").first().waitFor({ state: "detached" });
    await tab.close();
  });
});

describe("the sentence", () => {
  it("is made with the keyboard alone, and is in the address", async () => {
    const tab = await open("/app/analyse");
    await tab.page.getByText("Choose a first stream").waitFor();
    const add = tab.page.getByRole("button", { name: "+ a stream" });
    await add.focus();
    await tab.page.keyboard.press("Enter");
    // By its nickname.
    await tab.page.keyboard.type("i feel");
    await tab.page.getByRole("option", { selected: true }).getByText(MOOD).waitFor();
    await tab.page.keyboard.press("Enter");
    expect(await tab.page.evaluate("document.activeElement.textContent")).toBe("+ a stream");
    await tab.page.keyboard.press("Enter");
    // By its path; the second one that is found.
    await tab.page.keyboard.type(`${USER}/`);
    await tab.page.getByRole("option", { selected: true }).getByText(MOOD).waitFor();
    await tab.page.keyboard.press("ArrowUp");
    await tab.page.getByRole("option", { selected: true }).getByText(STEPS).waitFor();
    await tab.page.keyboard.press("Enter");
    const how = tab.page.getByRole("combobox", { name: "How phone/steps is taken" });
    expect(await how.inputValue()).toBe("sum");
    await how.focus();
    await tab.page.keyboard.press("ArrowDown");
    await tab.page.waitForURL(/column=count/);
    expect(new URL(tab.page.url()).searchParams.getAll("column")).toEqual([
      `mean:${MOOD}`,
      `count:${STEPS}`,
    ]);
    await tab.page.reload();
    await tab.page.getByRole("button", { name: "phone/steps, choose another" }).press("Enter");
    await tab.page.getByRole("button", { name: "Take phone/steps out" }).press("Enter");
    await tab.page.getByRole("button", { name: "phone/steps" }).waitFor({ state: "detached" });
    await tab.page.getByRole("button", { name: "+ a stream" }).press("Enter");
    await tab.page.keyboard.press("Escape");
    expect(await tab.page.evaluate("document.activeElement.textContent")).toBe("+ a stream");
    await tab.close();
  });

  it("takes a script, asks once while it is typed, and says what is wrong with it", async () => {
    const tab = await open(`/app/analyse?every=day&${BERLIN}&column=mean:${MOOD}`);
    await tab.page.getByRole("row", { name: /Fri, Feb 13/ }).waitFor();
    const asked: string[] = [];
    tab.page.on("request", (request) => {
      if (request.url().includes("query/dataset")) asked.push(request.postData() ?? "");
    });
    await tab.page.getByLabel("How mood is taken").selectOption("script");
    const script = tab.page.getByLabel("Script of mood");
    expect(await script.inputValue()).toBe("mean | if last");
    await script.selectText();
    await tab.page.keyboard.type("if $ > 5 | count | zork");
    await tab.page.getByRole("alert").getByText("zork").waitFor();
    expect(asked.length).toBeLessThan(5);
    for (let i = 0; i < " | zork".length; i++) await tab.page.keyboard.press("Backspace");
    await tab.page.getByRole("alert").waitFor({ state: "detached" });
    const high = byDay(mood).map((all) => all.filter((d) => d > 5).length);
    const rows = JSON.parse(await saved(tab, "JSON"));
    expect(rows.map(({ d }: { d: { mood: number } }) => d.mood)).toEqual(
      high.filter((count) => count > 0),
    );
    await tab.close([/400|403/]);
  });

  it("changes its times, and says when there are too many rows", async () => {
    const tab = await open(`/app/analyse?every=day&${BERLIN}&column=mean:${MOOD}`);
    await tab.page.getByLabel("Last day").fill("2026-01-11");
    await tab.page.getByText("7 rows, 6 complete").waitFor();
    await tab.page.getByLabel("Row for each").selectOption("week");
    await tab.page.getByText("1 rows, 1 complete").waitFor();
    await tab.page.getByRole("row", { name: /Jan 5/ }).waitFor();
    await tab.page.getByLabel("From", { exact: true }).selectOption("1825d");
    await tab.page.getByLabel("To", { exact: true }).selectOption("now");
    await tab.page.getByLabel("Row for each").selectOption("10min");
    await tab.page.getByText(/This would be 262,\d\d\d rows/).waitFor();
    await tab.close();
  });

  it("shows what looks like a script as text", async () => {
    const tab = await open(
      `/app/analyse?every=value&of=${USER}/user/diary&${BERLIN}&column=after:${MOOD}`,
    );
    await tab.page.getByRole("cell", { name: SCRIPT }).waitFor();
    await tab.page.getByRole("button", { name: "+ a stream" }).click();
    await tab.page.getByRole("option", { name: SCRIPT }).waitFor();
    expect(await tab.page.locator("img").count()).toBe(0);
    await tab.close();
  });
});

describe("pictures", () => {
  it("are a scatter with Pearson's r and the line of smallest squares", async () => {
    const tab = await open(BOTH);
    const r = signed(pearson(pairs(0)));
    await tab.page.getByRole("img", { name: `Pearson's r is ${r}, of 35 rows` }).waitFor();
    await tab.page.getByText(`r = ${r}, n = 35`).waitFor();
    const dots = await tab.page.locator("path.dots").getAttribute("d");
    expect(dots?.match(/M/g)).toHaveLength(35);
    await tab.page.getByLabel("Horizontal axis").selectOption("mood");
    await tab.page.getByText("r = +1.00, n = 35").waitFor();
    await tab.close();
  });

  it("are lines over time, broken where there is nothing", async () => {
    const tab = await open(BOTH);
    await tab.page.getByRole("button", { name: "Lines" }).click();
    const picture = tab.page.getByRole("img", { name: /^mood, steps over time/ });
    await picture.waitFor();
    expect(new URL(tab.page.url()).searchParams.get("view")).toBe("lines");
    const [first, second] = await picture.locator("path.line").all();
    const parts = async (line?: Locator) => (await line?.getAttribute("d"))?.match(/M/g)?.length;
    expect([await parts(first), await parts(second)]).toEqual([6, 1]);
    await tab.close();
  });
});

describe("what goes with my mood", () => {
  it("ranks all streams by how they go with it, the doubtful last", async () => {
    const tab = await open(BOTH);
    await tab.page.getByRole("button", { name: "Compare them" }).click();
    const region = tab.page.getByRole("region", { name: /^What goes with my/ });
    await region.getByText("Going together is not causing.").waitFor();
    const rows = region.getByRole("row");
    const names = await region.getByRole("rowheader").allTextContents();
    expect(names.map((name) => name.split(" ")[0])).toEqual(["steps", "headache"]);
    const same = pairs(0);
    expect(await cells(rows.nth(1))).toEqual(["sum", "", signed(pearson(same)), "35"]);
    expect(names[1]).toContain("only 9 days: too few to trust");
    // That does not change, and that cannot be added.
    await region.getByText("2 streams are left out").waitFor();
    await region.getByRole("button", { name: "Day before" }).press("Enter");
    const before = pairs(1);
    await region.getByText(signed(pearson(before)), { exact: true }).waitFor();
    expect((await cells(rows.nth(1)))[3]).toBe(String(before.length));
    await tab.page.reload();
    await region.getByText(signed(pearson(before)), { exact: true }).waitFor();
    await tab.close([/400/]);
  });

  it("sets a stream beside it at a click", async () => {
    const tab = await open(`/app/analyse?every=day&${BERLIN}&column=mean:${MOOD}&with=mood`);
    await tab.page.getByRole("link", { name: "steps" }).click();
    await tab.page.getByText(`r = ${signed(pearson(pairs(0)))}, n = 35`).waitFor();
    await tab.close([/400/]);
  });

  it("asks a bounded number of times, and no more when one leaves", async () => {
    const many = await Server.start();
    const paths = range(80).map((i) => `${USER}/user/number${i}`);
    for (const path of paths) await many.createStream(path, { type: "number" });
    const points = [1, 2, 3].map((i) => ({ t: FIRST + i * 3600, d: i }));
    await Promise.all(paths.map((path) => many.insert(path, points)));
    const tab = await Tab.open(browser, many);
    let asked = 0;
    // The third request gets no answer.
    await tab.page.route(/query\/dataset/, async (route) => {
      asked += 1;
      if (asked !== 4) await route.continue();
    });
    await tab.logIn();
    await tab.goto(`/app/analyse?every=day&${BERLIN}&column=mean:${paths[0]}&with=number0`);
    await tab.page.getByText("16 of 79 streams").waitFor();
    await tab.page.getByRole("link", { name: "Today" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
    expect(asked).toBe(4);
    await tab.goto(`/app/analyse?every=day&${BERLIN}&column=mean:${paths[0]}&with=number0`);
    await tab.page.getByText("Nothing has numbers on the same days").waitFor();
    // The table, the column, and five times sixteen streams.
    expect(asked).toBe(4 + 1 + 1 + 5);
    await tab.close();
    await many.stop();
  });
});

describe("the page", () => {
  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open("/app/analyse", look);
      const pages = [
        ["analyse-empty", "/app/analyse", "Choose a first stream"],
        ["analyse", `${BOTH}&with=mood&code=cdb`, "Going together is not causing"],
        ["analyse-lines", `${BOTH}&view=lines`, "35 complete"],
        ["analyse-series", `/app/analyse?every=series&${BERLIN}&column=mean:${STEPS}`, "960 rows"],
      ] as const;
      for (const [name, path, words] of pages) {
        await tab.goto(path);
        await tab.page.getByText(words).first().waitFor();
        await tab.page.waitForLoadState("networkidle");
        if (name === "analyse-empty") {
          await tab.page.getByRole("button", { name: "+ a stream" }).click();
          await tab.page.getByRole("listbox").waitFor();
        }
        await tab.picture(name, look);
        expect(await tab.violations(), name).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), `${name} scrolls sideways`).toBe(false);
      }
      await tab.close([/400/]);
    });
  }

  it("says what to do first where there are no streams", async () => {
    const empty = await Server.start();
    const tab = await Tab.at(browser, empty, "/app/analyse");
    await tab.page.getByText("There is nothing to analyse yet").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole("link", { name: "New stream" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "New stream" }).waitFor();
    await tab.close();
    await empty.stop();
  });
});
