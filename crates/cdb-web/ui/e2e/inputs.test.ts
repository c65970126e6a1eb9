import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, type Look, launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;
let streams = 0;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function newStream(schema: object, datatype = ""): Promise<string> {
  streams += 1;
  const path = `${USER}/user/input${streams}`;
  await server.createStream(path, schema, "", datatype);
  return path;
}

async function open(path: string, look: Look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, `/${path}`, look);
  await tab.page.getByRole("heading", { level: 1 }).waitFor();
  await tab.page.getByRole("button", { name: "Log in" }).waitFor({ state: "detached" });
  return tab;
}

async function points(path: string): Promise<{ t: number; d: unknown }[]> {
  return JSON.parse(await server.request("GET", `crud/${path}/data?i1=0`));
}

async function values(path: string): Promise<unknown[]> {
  return (await points(path)).map(({ d }) => d);
}

const MEAL = {
  type: "object",
  properties: {
    name: { type: "string", title: "Dish", description: "What it was." },
    calories: { type: "integer", minimum: 0, maximum: 5000 },
    size: { enum: ["small", "large"] },
    parts: { type: "array", items: { type: "string" }, title: "Parts" },
    where: {
      type: "object",
      title: "Where",
      properties: { city: { type: "string" }, day: { type: "string", format: "date" } },
      required: ["city"],
    },
    warm: { type: "boolean" },
  },
  required: ["name", "calories"],
};

describe("a form", () => {
  it("notes an object, field by field, and says what is wrong beside each", async () => {
    const path = await newStream(MEAL);
    const tab = await open(path, PHONE);
    await tab.page.getByRole("button", { name: "Note" }).click();
    expect(await tab.page.getByText("This is needed.").count()).toBe(2);
    await tab.page.waitForFunction("document.activeElement.ariaInvalid === 'true'");
    await tab.page.getByLabel("Dish").fill("Soup");
    await tab.page.getByLabel("calories").fill("6000");
    await tab.page.getByRole("button", { name: "Note" }).click();
    await tab.page.getByText("6000 is larger than 5000.").waitFor();
    expect(await values(path)).toEqual([]);
    await tab.page.getByLabel("calories").fill("450");
    await tab.page.getByLabel("size").selectOption({ label: "large" });
    await tab.page.getByRole("button", { name: "Add to Parts" }).click();
    await tab.page.getByLabel("Parts 1").fill("leek");
    await tab.page.getByRole("button", { name: "Add to Parts" }).click();
    await tab.page.getByRole("button", { name: "Leave out Parts 2" }).click();
    await tab.page.getByLabel("city", { exact: true }).fill("Bern");
    await tab.page.getByLabel("day").fill("2026-03-01");
    await tab.page.getByLabel("warm").selectOption({ label: "On" });
    await tab.page.getByRole("button", { name: "Note" }).click();
    await tab.page.getByText(/^Noted: /).waitFor();
    expect(await values(path)).toEqual([
      {
        name: "Soup",
        calories: 450,
        size: "large",
        parts: ["leek"],
        where: { city: "Bern", day: "2026-03-01" },
        warm: true,
      },
    ]);
    expect(await tab.page.getByLabel("Dish").inputValue()).toBe("");
    await tab.close();
  });

  it("is filled in with the keyboard alone, without what is not needed", async () => {
    const path = await newStream(MEAL);
    const tab = await open(path);
    await tab.page.getByLabel("Dish").focus();
    await tab.page.keyboard.type("Bread");
    await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.type("200");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText(/^Noted: /).waitFor();
    expect(await values(path)).toEqual([{ name: "Bread", calories: 200 }]);
    await tab.close();
  });
});

describe("a timer", () => {
  it("goes on while the page is closed, and notes its seconds", async () => {
    const path = await newStream({ type: "integer" }, "duration.reading");
    const tab = await open(path, PHONE);
    await tab.page.getByRole("button", { name: "Start" }).click();
    await tab.page.evaluate((key) => {
      const begun = Number(localStorage.getItem(key));
      localStorage.setItem(key, String(begun - 3_723_000));
    }, `timer:${path}`);
    await tab.page.reload();
    await tab.page.getByRole("timer").getByText("1:02:0").waitFor();
    await tab.page.getByRole("button", { name: "Stop and note" }).click();
    await tab.page.getByText(/^Noted: /).waitFor();
    const [seconds] = await values(path);
    expect(seconds).toBeGreaterThanOrEqual(3723);
    expect(seconds).toBeLessThan(3740);
    await tab.page.getByRole("timer").getByText("0:00:00").waitFor();
    await tab.page.getByLabel("Duration").fill("soon");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText("This is no duration.").waitFor();
    await tab.page.getByLabel("Duration").fill("1 h 30 min");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText("Noted: 5400").waitFor();
    await tab.close();
  });
});

describe("other inputs", () => {
  it("choose one of many values in a list", async () => {
    const words = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const path = await newStream({ type: "string", enum: words });
    const tab = await open(path);
    await tab.page.getByLabel("Value", { exact: true }).selectOption({ label: "g" });
    await tab.page.getByRole("button", { name: "Note" }).click();
    await tab.page.getByText("Noted: g").waitFor();
    expect(await values(path)).toEqual(["g"]);
    await tab.close();
  });

  it("show the unit of a number, and its bounds", async () => {
    const path = await newStream({ type: "number", minimum: -50 }, "temperature.celsius");
    const tab = await open(path);
    await tab.page.locator(".unit").getByText("°C").waitFor();
    await tab.page.getByLabel("Number", { exact: true }).fill("-60");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText("-60 is smaller than -50.").waitFor();
    await tab.page.getByLabel("Number", { exact: true }).fill("-6");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText("Noted: −6").waitFor();
    expect(await values(path)).toEqual([-6]);
    await tab.close();
  });

  it("give no stars, by the first one again and by a key", async () => {
    const path = await newStream({ type: "integer", minimum: 0, maximum: 10 }, "rating.stars");
    const tab = await open(path, PHONE);
    await tab.page.getByRole("radio", { name: "1 star", exact: true }).click();
    await tab.page.getByText("Noted: 1").waitFor();
    await tab.page.getByRole("cell", { name: "1", exact: true }).waitFor();
    await tab.page.getByRole("radio", { name: "1 star", exact: true }).click();
    await tab.page.getByText("Noted: 0").waitFor();
    await tab.page.getByRole("radio", { name: "4 stars" }).focus();
    await tab.page.keyboard.press("0");
    await tab.page.getByRole("cell", { name: "0", exact: true }).nth(1).waitFor();
    expect(await values(path)).toEqual([1, 0, 0]);
    await tab.close();
  });

  it("check JSON against the schema as it is typed", async () => {
    const path = await newStream({
      type: "array",
      items: { anyOf: [{ type: "number" }] },
      minItems: 2,
    });
    const tab = await open(path);
    await tab.page.getByLabel(/^A value as JSON/).fill("[1]");
    await tab.page.getByText("At least 2 are needed.").waitFor();
    expect(await tab.page.getByRole("button", { name: "Note" }).isDisabled()).toBe(true);
    await tab.page.getByLabel(/^A value as JSON/).fill("[1,2]");
    await tab.page.getByRole("button", { name: "Note" }).click();
    await tab.page.getByText("Noted: [1,2]").waitFor();
    expect(await values(path)).toEqual([[1, 2]]);
    await tab.close();
  });

  it("forget drafts when one logs out", async () => {
    const path = await newStream({ type: "string" });
    const tab = await open(path);
    await tab.page.getByLabel("Text").fill("Secret");
    const drafts = () =>
      tab.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("draft:")));
    expect(await drafts()).toHaveLength(1);
    await tab.goto("/app/settings");
    await tab.page.getByRole("button", { name: "Log out" }).click();
    await tab.page.getByRole("button", { name: "Log in" }).waitFor();
    expect(await drafts()).toEqual([]);
    await tab.close();
  });
});

describe("another time", () => {
  it("is that of a value that is noted late, and taken back", async () => {
    const path = await newStream({ type: "number" });
    await server.insert(path, [
      { t: 1_700_000_000, d: 1 },
      { t: 1_700_100_000, d: 3 },
    ]);
    const tab = await open(path);
    await tab.page.getByRole("button", { name: "For another time" }).click();
    const local = await tab.page.evaluate((t) => {
      const date = new Date(t * 1000);
      const zone = date.getTimezoneOffset() * 60_000;
      return new Date(date.getTime() - zone).toISOString().slice(0, 19);
    }, 1_700_050_000);
    await tab.page.getByLabel("Time", { exact: true }).fill(local);
    await tab.page.getByLabel("Number", { exact: true }).fill("2");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByText(/^Noted for .*: 2/).waitFor();
    expect(await points(path)).toEqual([
      { t: 1_700_000_000, d: 1 },
      { t: 1_700_050_000, d: 2 },
      { t: 1_700_100_000, d: 3 },
    ]);
    await tab.page.getByRole("button", { name: "Undo" }).click();
    await tab.page.getByRole("cell", { name: "2", exact: true }).waitFor({ state: "detached" });
    expect(await values(path)).toEqual([1, 3]);
    await tab.page.getByLabel("Time", { exact: true }).fill("2999-01-01T00:00:00");
    await tab.page.getByLabel("Number", { exact: true }).fill("4");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("alert").getByText("This time is in the future").waitFor();
    expect(await values(path)).toEqual([1, 3]);
    await tab.page.getByRole("button", { name: "Now" }).click();
    await tab.page.getByLabel("Number", { exact: true }).press("Enter");
    await tab.page.getByText("Noted: 4").waitFor();
    const last = (await points(path)).at(-1);
    expect(Math.abs((last?.t ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    await tab.close();
  });
});

describe("inputs", () => {
  for (const look of LOOKS) {
    it(`are accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const all: [string, object, string][] = [
        ["form", MEAL, ""],
        ["timer", { type: "number" }, "duration"],
        ["number", { type: "number" }, "temperature.celsius"],
        ["list", { enum: [1, 2, 3, 4, 5, 6, 7, 8] }, ""],
      ];
      const tab = await open(await newStream({}), look);
      for (const [name, schema, datatype] of all) {
        const path = await newStream(schema, datatype);
        await tab.goto(`/${path}`);
        await tab.page.getByRole("button", { name: "For another time" }).click();
        if (name === "form") {
          await tab.page.getByRole("button", { name: "Add to Parts" }).click();
          await tab.page.getByRole("button", { name: "Note" }).click();
          await tab.page.getByText("This is needed.").first().waitFor();
        }
        await tab.picture(`input-${name}`, look);
        expect(await tab.violations(), name).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), name).toBe(false);
      }
      await tab.close();
    });
  }
});
