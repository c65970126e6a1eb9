import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Opens a page as the user. */
async function open(path: string, look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("heading", { level: 1 }).waitFor();
  await tab.page.getByRole("button", { name: "Log in" }).waitFor({ state: "detached" });
  return tab;
}

/** The values of a stream. */
async function values(path: string, options = ""): Promise<unknown[]> {
  const answer = await server.request("GET", `crud/${path}/data?i1=0${options}`);
  return JSON.parse(answer).map(({ d }: { d: unknown }) => d);
}

describe("a rating", () => {
  it("is created, given with one tap on a phone, and taken back", async () => {
    const tab = await open("/", PHONE);
    await tab.page.getByRole("link", { name: "Something else…" }).click();
    await tab.page.getByLabel("What it holds").selectOption({ label: "Rating, 0 to 10 stars" });
    await tab.page.getByLabel("Name", { exact: true }).fill("mood");
    expect(await tab.violations()).toEqual([]);
    await tab.picture("new-stream", PHONE);
    await tab.page.getByRole("button", { name: "Create stream" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "mood" }).waitFor();
    await tab.page.getByRole("radio", { name: "8 stars" }).click();
    await tab.page.getByText("Noted: 8").waitFor();
    await tab.page.getByRole("cell", { name: "8", exact: true }).waitFor();
    expect(await tab.page.getByRole("radio", { name: "8 stars" }).isChecked()).toBe(true);
    await tab.picture("rating", PHONE);
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole("radio", { name: "3 stars" }).click();
    await tab.page.getByText("Noted: 3").waitFor();
    await tab.page.getByRole("button", { name: "Undo" }).click();
    await tab.page.getByRole("cell", { name: "3", exact: true }).waitFor({ state: "detached" });
    expect(await values(`${USER}/user/mood`)).toEqual([8]);
    await tab.close();
  });

  it("is given with the keyboard", async () => {
    const tab = await open(`/${USER}/user/mood`);
    await tab.page.getByRole("radio", { name: "8 stars" }).focus();
    await tab.page.keyboard.press("ArrowLeft");
    await tab.page.keyboard.press("ArrowLeft");
    expect(await values(`${USER}/user/mood`)).toEqual([8]);
    await tab.page.keyboard.press("Space");
    await tab.page.getByText("Noted: 6").waitFor();
    expect(await values(`${USER}/user/mood`)).toEqual([8, 6]);
    await tab.close();
  });
});

describe("today", () => {
  it("takes what one writes by hand, card by card", async () => {
    await server.createStream(`${USER}/user/weight`, { type: "number" });
    const tab = await open("/", PHONE);
    const card = (name: string) => tab.page.getByRole("article").filter({ hasText: name });
    await card("weight").getByLabel("Number", { exact: true }).fill("72,4");
    await card("weight").getByRole("button", { name: "Note" }).click();
    await card("weight").getByText("72.4").waitFor();
    await card("mood").getByRole("radio", { name: "10 stars" }).click();
    await tab.page.getByText("Noted: 10").waitFor();
    await tab.page.getByText("2 of 2 noted today").waitFor();
    expect(await values(`${USER}/user/weight`)).toEqual([72.4]);
    expect(await values(`${USER}/user/mood`)).toEqual([8, 6, 10]);
    await tab.close();
  });
});

describe("inputs", () => {
  const number = { type: "number" };
  const inputs: [string, object, string, (tab: Tab) => Promise<void>, unknown][] = [
    ["number", number, "", (tab) => fill(tab, "Number", "21,5"), 21.5],
    ["toggle", { type: "boolean" }, "toggle", (tab) => press(tab, "On"), true],
    ["counter", number, "number.count", (tab) => press(tab, "+1"), 1],
    ["choice", { type: "string", enum: ["good", "bad"] }, "", (tab) => press(tab, "bad"), "bad"],
    [
      "diary",
      { type: "string" },
      "log.diary",
      (tab) => fill(tab, "Text", "First frost\n"),
      "First frost\n",
    ],
    ["json", {}, "", (tab) => fill(tab, /^A value as JSON/, '{"a":[1,null]}'), { a: [1, null] }],
    [
      "location",
      { type: "object", properties: { latitude: number, longitude: number } },
      "location",
      async (tab) => {
        await tab.page.getByLabel("Latitude").fill("52.5");
        await fill(tab, "Longitude", "13.4");
      },
      { latitude: 52.5, longitude: 13.4 },
    ],
    [
      "slider",
      { type: "integer", minimum: 0, maximum: 100 },
      "",
      async (tab) => {
        await tab.page.getByRole("slider").focus();
        await tab.page.keyboard.press("ArrowRight");
        await press(tab, "Note");
      },
      51,
    ],
  ];

  async function press(tab: Tab, name: string): Promise<void> {
    await tab.page.getByRole("button", { name, exact: true }).click();
  }

  async function fill(tab: Tab, label: string | RegExp, words: string): Promise<void> {
    await tab.page.getByLabel(label, { exact: true }).fill(words);
    await press(tab, "Note");
  }

  for (const [name, schema, datatype, write, expected] of inputs) {
    it(`${name} notes what one gives it`, async () => {
      const path = `${USER}/user/${name}`;
      await server.request("POST", `crud/${path}`, { schema: JSON.stringify(schema), datatype });
      const tab = await open(`/${path}`, PHONE);
      await tab.page.getByText("Nothing has been written to this stream yet.").waitFor();
      expect(await tab.violations()).toEqual([]);
      await write(tab);
      await tab.page.getByText(/^Noted: /).waitFor();
      expect(await values(path)).toEqual([expected]);
      await tab.picture(`input-${name}`, PHONE);
      await tab.close();
    });
  }

  it("say what is wrong, and keep what was typed", async () => {
    const tab = await open(`/${USER}/user/number`);
    await fill(tab, "Number", "7,2,4");
    await tab.page.getByText("This is no number.").waitFor();
    expect(await tab.page.getByLabel("Number", { exact: true }).inputValue()).toBe("7,2,4");
    await tab.goto(`/${USER}/user/json`);
    await tab.page.getByLabel(/^A value as JSON/).fill("{");
    await tab.page.getByText("This is not JSON yet.").waitFor();
    expect(await tab.page.getByRole("button", { name: "Note" }).isDisabled()).toBe(true);
    await tab.close();
  });

  it("keep a text that was not written yet", async () => {
    const tab = await open(`/${USER}/user/diary`);
    await tab.page.getByLabel("Text", { exact: true }).fill("Half a sen");
    await tab.page.reload();
    expect(await tab.page.getByLabel("Text", { exact: true }).inputValue()).toBe("Half a sen");
    await tab.page.getByLabel("Text", { exact: true }).press("End");
    await tab.page.keyboard.type("tence");
    await tab.page.keyboard.press("Control+Enter");
    await tab.page.getByText("Noted: Half a sentence").waitFor();
    await tab.page.reload();
    await tab.page.getByLabel("Text", { exact: true }).waitFor();
    expect(await tab.page.getByLabel("Text", { exact: true }).inputValue()).toBe("");
    await tab.close();
  });

  it("ask a device for a value of its downlink", async () => {
    await server.createDevice("lamp");
    const path = `${USER}/lamp/brightness`;
    const schema = JSON.stringify({ type: "number" });
    await server.request("POST", `crud/${path}`, { schema, downlink: true });
    const tab = await open(`/${path}`);
    await tab.page.getByLabel("Number").fill("40");
    await press(tab, "Ask");
    await tab.page.getByText("Asked for 40").waitFor();
    expect(await values(path)).toEqual([]);
    expect(await values(path, "&downlink=true")).toEqual([40]);
    await tab.close();
  });
});

describe("a stream", () => {
  it("is looked at in a range that the address has", async ({ task }) => {
    const path = `${USER}/user/ranges${task.result?.retryCount ?? 0}`;
    await server.createStream(path, { type: "number" });
    const end = 1_700_000_000;
    const day = 86_400;
    const points = [900, 20, 3, 0.5, 0].map((days) => ({ t: end - days * day, d: days }));
    await server.insert(path, points);
    const tab = await open(`/${path}`);
    const count = (n: number) => tab.page.getByRole("figure", { name: `. ${n} numbers ` });
    await count(5).waitFor();
    await tab.page.getByRole("link", { name: "Week" }).click();
    await count(3).waitFor();
    expect(new URL(tab.page.url()).search).toBe("?range=week");
    await tab.page.reload();
    await count(3).waitFor();
    await tab.page.getByText("Edit").click();
    await tab.page.getByText("5 points would go with it").waitFor();
    await tab.page.getByRole("link", { name: "Year" }).click();
    await count(4).waitFor();
    await tab.page.goBack();
    await count(3).waitFor();
    // While a view is asked for, the old one is pale.
    await expect.poll(() => tab.page.locator("[aria-busy=true]").count()).toBe(0);
    expect(await tab.violations()).toEqual([]);
    await tab.close();
  });
});

describe("devices and streams", () => {
  it("appear when a device has created them", async () => {
    await server.createDevice("garden", "Garden station");
    const tab = await open(`/${USER}`);
    await server.createStream(`${USER}/garden/temperature`, { type: "number" });
    await server.insert(`${USER}/garden/temperature`, [{ d: 7.8 }]);
    await tab.page.getByRole("link", { name: "Garden station" }).click();
    await tab.page.getByRole("row", { name: /^temperature.*7\.8/ }).waitFor();
    await tab.page.goBack();
    await tab.page.getByRole("link", { name: "Connect a device" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "Connect a device" }).waitFor();
    await tab.close();
  });

  it("are changed, and deleted when their path was typed", async () => {
    const tab = await open(`/${USER}/garden/temperature`);
    await tab.page.getByText("Edit").click();
    await tab.page.getByLabel("Nickname").fill("Air");
    await tab.page.getByRole("button", { name: "Save" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "Air" }).waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.picture("edit", WIDE);
    const remove = tab.page.getByRole("button", { name: /^Delete mara/ });
    expect(await remove.isDisabled()).toBe(true);
    await tab.page.getByText("1 point would go with it").waitFor();
    await tab.page.getByLabel(/^To delete it/).fill(`${USER}/garden/temperature`);
    await remove.click();
    await tab.page.getByText(`${USER}/garden/temperature is deleted`).waitFor();
    await tab.page.getByRole("heading", { level: 1, name: "Garden station" }).waitFor();
    await tab.page.getByText("No streams yet.").waitFor();
    await tab.close();
  });

  it("get a new key, and the old one is refused", async () => {
    const device = JSON.parse(await server.request("GET", `crud/${USER}/garden`));
    const tab = await open(`/${USER}/garden`);
    await tab.page.getByText("Edit").click();
    await tab.page.getByRole("button", { name: "Make a new key" }).click();
    const key = await tab.page.locator("details pre").first().textContent();
    expect(key).not.toBe(device.apikey);
    expect(await server.request("GET", "?q=this", undefined, key ?? "")).toBe(`${USER}/garden`);
    await expect(server.request("GET", "?q=this", undefined, device.apikey)).rejects.toThrow("401");
    await tab.close();
  });
});
