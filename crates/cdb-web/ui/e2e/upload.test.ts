import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, type Look, launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

const FIELD = "../../cdb-cli/tests/cdb/field";
let server: Server;
let browser: Browser;
let streams = 0;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "cdb-upload-"));
  server = await Server.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(directory, { recursive: true });
});

interface Point {
  t: number;
  d: unknown;
}

async function open(path: string, look: Look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("button", { name: "Choose a file" }).waitFor();
  return tab;
}

/** A stream that no test has used. */
async function newStream(schema: object): Promise<string> {
  streams += 1;
  const path = `${USER}/user/upload${streams}`;
  await server.createStream(path, schema);
  return path;
}

async function points(path: string): Promise<Point[]> {
  const all = JSON.parse(await server.request("GET", `crud/${path}/data?i1=0`)) as Partial<Point>[];
  return all.map(({ t = 0, d = null }) => ({ t, d }));
}

async function choose(tab: Tab, name: string, content: string | Buffer): Promise<void> {
  const path = join(directory, name);
  writeFileSync(path, content);
  await tab.page.locator("input[type=file]").setInputFiles(path);
  await tab.page.getByText(/^done in/).waitFor({ timeout: 60_000 });
}

/** Runs in the page: notes how long its longest script keeps it from answering, in milliseconds. */
function watchScripts(): void {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { scripts } = entry as PerformanceEntry & { scripts: PerformanceEntry[] };
      const { longest = "0" } = document.body.dataset;
      const all = [Number(longest), ...scripts.map(({ duration }) => duration)];
      document.body.dataset.longest = `${Math.max(...all)}`;
    }
  }).observe({ type: "long-animation-frame", buffered: false });
}

/** The counts of the dry run: good, refused, already there. */
async function counts(tab: Tab): Promise<string[]> {
  await tab.page.getByText(/^done in/).waitFor({ timeout: 60_000 });
  return await tab.page.locator(".counts dd").allTextContents();
}

async function write(tab: Tab): Promise<void> {
  await tab.page.getByRole("button", { name: /^Write / }).click();
  await tab.page.getByText(/ written into /).waitFor({ timeout: 120_000 });
}

const WEIGHTS = [
  "datum;kg;notiz",
  "2019-03-01 07:10;78,6;",
  "2019-03-02 07:24;78,4;nach Lauf",
  "2019-03-04 07:02;7,2,4;",
  "2019-02-30 07:09;73,1;",
  "2019-03-05 07:09;73,1;",
].join("\n");

describe("uploading a table", () => {
  it("shows what it is, what is refused and why, and writes what is good", async () => {
    const tab = await open("/app/upload");
    await choose(tab, "weights.csv", WEIGHTS);
    await tab.page.getByLabel("Time zone").selectOption("Europe/Berlin");
    expect(await counts(tab)).toEqual(["3", "2", "0"]);
    expect(await tab.page.getByLabel("What datum is").inputValue()).toBe("time");
    expect(await tab.page.getByLabel("What kg is").inputValue()).toBe("number");
    expect(await tab.page.getByLabel("What notiz is").inputValue()).toBe("out");
    expect(await tab.page.getByLabel("Decimal").inputValue()).toBe(",");
    await tab.page.getByText("7,2,4 is not a number: two decimal commas.").waitFor();
    await tab.page.getByText("30 February does not exist").waitFor();
    const saved = tab.page.waitForEvent("download");
    await tab.page.getByRole("button", { name: "Save the 2 refused rows" }).click();
    expect(readFileSync(await (await saved).path(), "utf8")).toBe(
      "datum;kg;notiz;why\r\n" +
        "2019-03-04 07:02;7,2,4;;“7,2,4” is not a number: two decimal commas.\r\n" +
        "2019-02-30 07:09;73,1;;“2019-02-30 07:09” is not a date: 30 February does not exist.\r\n",
    );
    streams += 1;
    const name = `weights${streams}`;
    await tab.page.getByLabel("Name of the new stream").fill(name);
    await write(tab);
    await tab.page.getByText(`3 points were written into ${USER}/user/${name}.`).waitFor();
    expect(await points(`${USER}/user/${name}`)).toEqual([
      { t: 1_551_420_600, d: 78.6 },
      { t: 1_551_507_840, d: 78.4 },
      { t: 1_551_766_140, d: 73.1 },
    ]);
    const created = JSON.parse(await server.request("GET", `crud/${USER}/user/${name}`));
    expect(created.schema).toBe('{"type":"number"}');
    await tab.page.getByRole("link", { name: `See ${name}` }).click();
    await tab.page.getByRole("heading", { level: 1, name }).waitFor();
    await tab.close();
  });

  it("takes a row that was put right, and checks what the stream wants", async () => {
    const path = await newStream({ type: "number", minimum: 75 });
    const tab = await open(`/app/upload?into=${path}`);
    await choose(tab, "weights.csv", WEIGHTS);
    expect(await counts(tab)).toEqual(["2", "3", "0"]);
    await tab.page.getByText("73.1 is smaller than 75.").waitFor();
    await tab.page.getByRole("button", { name: "Correct row 4" }).click();
    await tab.page.getByLabel("Cell of row 4").fill("77,4");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText("3", { exact: true }).first().waitFor();
    await tab.page.getByText("two decimal commas").waitFor({ state: "detached" });
    expect(await counts(tab)).toEqual(["3", "2", "0"]);
    await write(tab);
    expect((await points(path)).map(({ d }) => d)).toEqual([78.6, 78.4, 77.4]);
    await tab.close();
  });

  it("is corrected with the keyboard: columns, first row, and the time zone", async () => {
    const path = await newStream({});
    const tab = await open(`/app/upload?into=${path}`);
    await tab.page.getByLabel("Or paste its rows").focus();
    await tab.page.keyboard.insertText("1/2/2024 12:00,5,a\n1/3/2024 12:00,6,b\n");
    await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText(/^done in/).waitFor({ timeout: 60_000 });
    await tab.page.getByText("Day and month may be the other way round").waitFor();
    await tab.page.getByLabel("Time zone").selectOption("UTC");
    await tab.page.getByLabel("Times are").selectOption("mdy");
    await tab.page.getByLabel("What 3 is").selectOption("text");
    expect(await counts(tab)).toEqual(["2", "0", "0"]);
    await tab.page.getByRole("button", { name: "Write 2 points" }).focus();
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText(/ written into /).waitFor();
    expect(await points(path)).toEqual([
      { t: 1_704_196_800, d: { "2": 5, "3": "a" } },
      { t: 1_704_283_200, d: { "2": 6, "3": "b" } },
    ]);
    await tab.close();
  });
});

describe("a file", () => {
  const content = "time,v\n1718444200,1\n1718444260,2\n";

  it("is dropped on the page", async () => {
    const tab = await open("/app/upload", PHONE);
    await tab.page.evaluate((content) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], "dropped.csv"));
      const place = document.querySelector(".drop-zone");
      place?.dispatchEvent(new DragEvent("dragover", { dataTransfer, bubbles: true }));
      place?.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
    }, content);
    await tab.page.getByText("dropped.csv").waitFor();
    expect(await counts(tab)).toEqual(["2", "0", "0"]);
    expect(await tab.page.getByLabel("Times are").inputValue()).toBe("s");
    await tab.page.getByRole("button", { name: "Another file" }).click();
    await tab.page.getByRole("button", { name: "Choose a file" }).waitFor();
    await tab.close();
  });

  it("is pasted as text, anywhere on the page", async () => {
    const tab = await open("/app/upload");
    await tab.page.evaluate((content) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", content);
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, content);
    await tab.page.getByText("Pasted rows").waitFor();
    expect(await counts(tab)).toEqual(["2", "0", "0"]);
    await tab.close();
  });

  it("is refused in words if it is no table at all", async () => {
    const tab = await open("/app/upload");
    await choose(tab, "empty.csv", "");
    expect(await counts(tab)).toEqual(["0", "0", "0"]);
    expect(await tab.page.getByRole("button", { name: /^Write / }).isDisabled()).toBe(true);
    await tab.page.getByRole("button", { name: "Another file" }).click();
    await tab.page.locator("input[type=file]").setInputFiles(`${FIELD}/more/track.gpx`);
    await tab.page.getByText("This file is neither a table nor JSON.").waitFor();
    await tab.page.getByRole("button", { name: "Choose a file" }).waitFor();
    await tab.close();
  });
});

describe("files that people have", () => {
  const files: [string, object, Point[]][] = [
    [
      "newest_first.csv",
      {},
      [
        { t: 1_743_552_000, d: 2 },
        { t: 1_743_638_400, d: 3 },
      ],
    ],
    ["two_columns_ddmmyyyy.csv", { type: "number" }, [{ t: 1_761_696_000, d: 13.28 }]],
    ["epoch_ms.csv", {}, [{ t: 1_718_444_200.123, d: 1 }]],
    [
      "array_of_datapoints.json",
      {},
      [
        { t: 1_718_444_200, d: 1 },
        { t: 1_718_444_260, d: 2 },
      ],
    ],
    [
      "before_1970.jsonl",
      {},
      [
        { t: -1.25, d: 1 },
        { t: -0.25, d: 2 },
      ],
    ],
    ["lone_surrogate_body.json", {}, [{ t: 1_718_444_200, d: "caf\ufffd" }]],
    [
      "same_name_twice.csv",
      {},
      [{ t: 1_536_764_543, d: { Distance: 3.68, "Distance (2)": 3681 } }],
    ],
  ];
  for (const [name, schema, expected] of files) {
    it(`${name} is understood, and written`, async () => {
      const path = await newStream(schema);
      const tab = await open(`/app/upload?into=${path}`);
      await choose(tab, name, readFileSync(`${FIELD}/${name}`));
      const zone = tab.page.getByLabel("Time zone");
      if ((await zone.count()) > 0) await zone.selectOption("UTC");
      expect(await counts(tab)).toEqual([`${expected.length}`, "0", "0"]);
      await write(tab);
      expect(await points(path)).toEqual(expected);
      await tab.close();
    });
  }

  it("have what the server does not take, which is found and said", async () => {
    // A keyword that the page does not know.
    const path = await newStream({ type: "number", multipleOf: 2 });
    const tab = await open(`/app/upload?into=${path}`);
    await choose(tab, "v.csv", "t,v\n1718444200,2\n1718444260,3\n1718444320,4\n");
    await write(tab);
    await tab.page.getByText("2 points were written").waitFor();
    await tab.page.getByText("did not conform to the stream's schema").waitFor();
    expect((await points(path)).map(({ d }) => d)).toEqual([2, 4]);
    await tab.close([/403/]);
  });
});

describe("a large file", () => {
  // With `ROWS=1000000` it takes a minute.
  const COUNT = Number(process.env.ROWS ?? 100_000);
  const shown = COUNT.toLocaleString("en");
  const START = 1_600_000_000;
  const rows = Array.from({ length: COUNT }, (_, i) => `${START + i * 60},${i % 1000}`);
  const content = `time,v\n${rows.join("\n")}\n`;

  it("is written once, when the connection breaks twice and the page is closed", async () => {
    const path = await newStream({ type: "number" });
    const tab = await open(`/app/upload?into=${path}`);
    await choose(tab, "large.csv", content);
    expect(await counts(tab)).toEqual([shown, "0", "0"]);
    let requests = 0;
    // The second request never arrives, and the answer to the third is lost.
    await tab.context.route(/data\?index=/, async (route) => {
      requests += 1;
      if (requests === 2) return await route.abort();
      if (requests === 3) {
        await route.fetch();
        return await route.abort();
      }
      await route.continue();
    });
    await write(tab);
    expect(requests).toBeGreaterThan(3);
    const stored = await points(path);
    expect(stored).toHaveLength(COUNT);
    expect(stored.every(({ t, d }, i) => t === START + i * 60 && d === i % 1000)).toBe(true);
    await tab.page.reload();
    await choose(tab, "large.csv", content);
    expect(await counts(tab)).toEqual(["0", "0", shown]);
    expect(await tab.page.getByRole("button", { name: /^Write / }).isDisabled()).toBe(true);
    await tab.close([/ERR_FAILED/]);
  }, 300_000);

  it("goes on where it was stopped, and leaves the page quick", async () => {
    const path = await newStream({ type: "number" });
    const tab = await open(`/app/upload?into=${path}`);
    await tab.page.evaluate(watchScripts);
    await choose(tab, "large.csv", content);
    await tab.context.route(/data\?index=/, async (route) => {
      await tab.page.getByRole("button", { name: "Stop" }).click();
      await route.continue();
      await tab.context.unroute(/data\?index=/);
    });
    await tab.page.getByRole("button", { name: `Write ${shown} points` }).click();
    await tab.page.getByText("You have stopped it.").waitFor();
    const before = (await points(path)).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(COUNT);
    await tab.page.getByRole("button", { name: "Go on" }).click();
    await tab.page.getByText(/^done in/).waitFor({ timeout: 60_000 });
    expect((await counts(tab))[2]).toBe(before.toLocaleString("en"));
    await write(tab);
    expect(await points(path)).toHaveLength(COUNT);
    const longest = await tab.page.evaluate(() => Number(document.body.dataset.longest ?? 0));
    // At rest it is far below 100 ms; other tests may run on the same machine.
    expect(longest).toBeLessThan(250);
    await tab.close();
  }, 300_000);
});

describe("points that are older", () => {
  it("are sorted in, without those that are there", async () => {
    const path = await newStream({ type: "number" });
    await server.insert(path, [
      { t: 1_718_444_200, d: 1 },
      { t: 1_718_444_400, d: 3 },
    ]);
    const tab = await open(`/app/upload?into=${path}`);
    await choose(tab, "v.csv", "t,v\n1718444200,1\n1718444300,2\n1718444500,4\n");
    expect(await counts(tab)).toEqual(["2", "0", "1"]);
    await tab.page.getByText("1 point is older than the newest of the stream").waitFor();
    await write(tab);
    expect((await points(path)).map(({ d }) => d)).toEqual([1, 2, 3, 4]);
    await tab.close();
  });

  it("go into a stream of another device as well", async () => {
    streams += 1;
    await server.createDevice(`meter${streams}`);
    const path = `${USER}/meter${streams}/power`;
    await server.createStream(path, { type: "number" });
    const tab = await open(`/app/upload?into=${path}`, PHONE);
    await choose(tab, "power.csv", "t,v\n1718444200,1\n1718444300,2\n");
    await write(tab);
    expect((await points(path)).map(({ d }) => d)).toEqual([1, 2]);
    await tab.close();
  });
});

describe("the page to upload", () => {
  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open("/app/upload", look);
      const check = async (name: string) => {
        await tab.picture(`upload-${name}`, look);
        expect(await tab.violations(), name).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), `${name} scrolls sideways`).toBe(false);
      };
      await check("empty");
      const days = Array.from({ length: 400 }, (_, i) => {
        const date = new Date(Date.UTC(2019, 2, 1 + i)).toISOString().slice(0, 10);
        return `${date} 07:10;${(78 - i / 100 + Math.sin(i)).toFixed(1).replace(".", ",")};`;
      });
      await choose(tab, "weights-2019.csv", [WEIGHTS, ...days.slice(10)].join("\n"));
      await check("dry-run");
      await tab.page.getByRole("button", { name: "Correct row 4" }).click();
      await check("correct");
      streams += 1;
      await tab.page.getByLabel("Name of the new stream").fill(`look${streams}`);
      await write(tab);
      await check("done");
      await tab.close();
    });
  }
});
