import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, type Look, launch, PHONE, Tab, WIDE } from "./browser.ts";
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

async function open(path: string, look: Look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("heading", { level: 1, name: "Connect a device" }).waitFor();
  return tab;
}

let names = 0;

/** A name that no device has yet, so that a test can be tried twice. */
function fresh(name: string): string {
  names += 1;
  return `${name} ${names}`;
}

/** The name of a device that one calls something. */
function nameOf(nickname: string): string {
  return nickname.toLowerCase().replaceAll(" ", "-");
}

/** Goes through the first two steps, to where the key is. */
async function connect(tab: Tab, nickname: string, kind?: string): Promise<void> {
  await tab.page.getByLabel("What you call it").fill(nickname);
  await tab.page.getByRole("button", { name: "Next" }).click();
  if (kind) await tab.page.getByLabel("What it holds").selectOption({ label: kind });
  await tab.page.getByRole("button", { name: "Create it and show its key" }).click();
  await tab.page.getByText("Waiting for the first datapoint").waitFor();
}

/** The lines that are shown, as they would be pasted. */
async function lines(tab: Tab, language: string): Promise<string> {
  await tab.page.getByRole("tab", { name: language, exact: true }).click();
  return (await tab.page.getByRole("tabpanel").locator("pre").textContent()) ?? "";
}

/** Pastes lines into a shell. */
function paste(script: string): void {
  const bin = mkdtempSync(join(tmpdir(), "cdb-bin-"));
  symlinkSync(resolve(process.env.CDB ?? ""), join(bin, "cdb"));
  const { PATH = "" } = process.env;
  execFileSync("bash", ["-ec", script], {
    env: { PATH: `${bin}:${PATH}`, HOME: bin },
    stdio: "pipe",
    timeout: 20_000,
  });
  rmSync(bin, { recursive: true });
}

async function values(path: string): Promise<unknown[]> {
  const answer = await server.request("GET", `crud/${USER}/${path}/data?i1=0`);
  return JSON.parse(answer).map(({ d }: { d: unknown }) => d);
}

async function scrollsSideways(tab: Tab): Promise<boolean> {
  return await tab.page.evaluate("document.documentElement.scrollWidth > innerWidth");
}

describe("connecting a device", () => {
  it("ends with its first datapoint, from the line for curl as it was pasted", async () => {
    const tab = await open("/app/connect");
    const nickname = fresh("Greenhouse sensor");
    const name = nameOf(nickname);
    await connect(tab, nickname);
    expect(new URL(tab.page.url()).search).toBe(`?device=${name}`);
    const device = JSON.parse(await server.request("GET", `crud/${USER}/${name}`));
    expect(device).toMatchObject({ nickname, role: "none" });
    const key = await tab.page.getByRole("status", { name: "Key" }).textContent();
    expect(key).toBe(device.apikey);
    await tab.page.getByText("127.0.0.1").first().waitFor();
    await tab.page.getByText("is this computer only").waitFor();
    const curl = await lines(tab, "curl");
    expect(curl).toContain(key);
    paste(curl);
    await tab.page.getByText("It works: temperature has its first datapoint.").waitFor();
    expect(await values(`${name}/temperature`)).toEqual([21.5]);
    const stream = await server.request("GET", `crud/${USER}/${name}/temperature`);
    expect(JSON.parse(stream)).toMatchObject({
      datatype: "temperature.celsius",
      schema: '{"type":"number"}',
    });
    await tab.page.getByRole("link", { name: "See temperature" }).click();
    await tab.page.getByRole("heading", { level: 1, name: "temperature" }).waitFor();
    await tab.close();
  });

  it("has lines for cdb that work as pasted", async () => {
    const tab = await open("/app/connect");
    const nickname = fresh("Door");
    await tab.page.getByLabel("What you call it").fill(nickname);
    await tab.page.getByRole("button", { name: "Next" }).click();
    await tab.page.getByLabel("What it holds").selectOption({ label: "One of some words" });
    await tab.page.getByLabel("Words").fill("it's open, closed");
    await tab.page.getByRole("button", { name: "Create it and show its key" }).click();
    await tab.page.getByText("Waiting for the first datapoint").waitFor();
    paste(await lines(tab, "cdb"));
    expect(new URL(tab.page.url()).searchParams.get("with")).toBe("cdb");
    await tab.page.getByText("It works: choice has its first datapoint.").waitFor();
    expect(await values(`${nameOf(nickname)}/choice`)).toEqual(["it's open"]);
    await tab.close();
  });

  // With `PYTHON`, an interpreter that has the package `connectordb`.
  it.runIf(process.env.PYTHON)("has lines for Python that work as pasted", async () => {
    const tab = await open("/app/connect");
    const nickname = fresh("Tracker");
    await connect(tab, nickname, "Places");
    execFileSync(process.env.PYTHON ?? "", ["-c", await lines(tab, "Python")], { timeout: 20_000 });
    await tab.page.getByText("It works: location has its first datapoint.").waitFor();
    expect(await values(`${nameOf(nickname)}/location`)).toEqual([
      { latitude: 52.5, longitude: 13.4 },
    ]);
    await tab.close();
  });

  it("is done with the keyboard alone, and copies the lines", async () => {
    const tab = await open("/app/connect", PHONE);
    await tab.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const { keyboard } = tab.page;
    await tab.page.getByLabel("What you call it").focus();
    await keyboard.type(fresh("Attic"));
    await keyboard.press("Enter");
    await tab.page.getByLabel("Name of the stream").focus();
    await keyboard.press("Control+A");
    await keyboard.type("air");
    await keyboard.press("Enter");
    await tab.page.getByRole("tab", { name: "curl" }).focus();
    await keyboard.press("ArrowLeft");
    expect(await tab.page.getByRole("tab", { selected: true }).textContent()).toBe("cdb");
    await keyboard.press("ArrowRight");
    await tab.page.getByRole("button", { name: "Copy", exact: true }).focus();
    await keyboard.press("Enter");
    await tab.page.getByText("Copied").waitFor();
    paste(await tab.page.evaluate(() => navigator.clipboard.readText()));
    await tab.page.getByText("It works: air has its first datapoint.").waitFor();
    await tab.close();
  });

  it("refuses what is wrong in words, and goes on when it is put right", async () => {
    const [taken, free] = [fresh("shed-"), fresh("shed-")].map((name) => name.replace(" ", ""));
    await server.createDevice(taken ?? "");
    const tab = await open("/app/connect");
    await tab.page.getByLabel("What you call it").fill(taken ?? "");
    await tab.page.getByRole("button", { name: "Next" }).click();
    await tab.page.getByRole("button", { name: "Another stream" }).click();
    const second = tab.page.getByRole("group", { name: "Stream 2" });
    await second.getByLabel("Name of the stream").fill("temperature");
    await tab.page.getByText("Another stream of the device has this name.").waitFor();
    await second.getByLabel("Name of the stream").fill("moisture");
    await tab.page.getByRole("button", { name: "Create it and show its key" }).click();
    await tab.page.getByText("Device with this name already exists").waitFor();
    await tab.page.getByRole("button", { name: "Change What it is" }).click();
    await tab.page.getByLabel("Name in addresses").fill(free ?? "");
    await tab.page.getByRole("button", { name: "Next" }).click();
    await tab.page.getByRole("button", { name: "Create it and show its key" }).click();
    await tab.page.getByText("Waiting for the first datapoint").waitFor();
    const streams = JSON.parse(await server.request("GET", `crud/${USER}/${free}?q=ls`));
    expect(streams.map(({ name }: { name: string }) => name)).toEqual(["temperature", "moisture"]);
    await tab.close([/403/]);
  });

  it("goes on after a reload with a new key, and changes role and streams", async () => {
    const tab = await open("/app/connect");
    const nickname = fresh("Panel");
    const path = `${USER}/${nameOf(nickname)}`;
    await connect(tab, nickname);
    const old = await tab.page.getByRole("status", { name: "Key" }).textContent();
    await tab.page.reload();
    await tab.page.getByText("Its key was shown when it was made.").waitFor();
    expect(await tab.page.getByText(old ?? "").count()).toBe(0);
    await tab.page.getByRole("button", { name: "Make a new key" }).click();
    const key = await tab.page.getByRole("status", { name: "Key" }).textContent();
    expect(key).not.toBe(old);
    await tab.page.getByRole("button", { name: "Change What it is" }).click();
    await tab.page.getByLabel("Also read your other streams").check();
    await tab.page.getByRole("button", { name: "Save", exact: true }).click();
    await tab.page.getByText("It may write its own streams and read your others.").waitFor();
    const device = JSON.parse(await server.request("GET", `crud/${path}`));
    expect(device.role).toBe("reader");
    await tab.page.getByRole("button", { name: "Change What it will write" }).click();
    await tab.page.getByRole("button", { name: "Add these streams" }).click();
    await tab.page.getByText("humidity, %").waitFor();
    // Once more, without a reload.
    await tab.page.getByRole("button", { name: "Change What it will write" }).click();
    await tab.page.getByLabel("What it holds").selectOption({ label: "Rating, 0 to 10 stars" });
    await tab.page.getByRole("button", { name: "Add these streams" }).click();
    await tab.page.getByRole("listitem").getByText("rating", { exact: true }).waitFor();
    await server.request("PUT", `crud/${path}/humidity/data`, [{ d: 3 }], key ?? "");
    await tab.page.getByText("It works: humidity has its first datapoint.").waitFor();
    await tab.close();
  });

  it("hands out key and server as a file", async () => {
    const tab = await open("/app/connect");
    const nickname = fresh("Logger");
    await connect(tab, nickname);
    await tab.page.getByLabel("Server").fill("http://192.168.1.20:3124/");
    await tab.page.getByText("is this computer only").waitFor({ state: "detached" });
    expect(await lines(tab, "Rust")).toContain('.url("http://192.168.1.20:3124")');
    const saved = tab.page.waitForEvent("download");
    await tab.page.getByRole("button", { name: "Save as file" }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe(`${nameOf(nickname)}.env`);
    const content = readFileSync(await download.path(), "utf8");
    const key = await tab.page.getByRole("status", { name: "Key" }).textContent();
    expect(content).toBe(`CDB_URL=http://192.168.1.20:3124\nCDB_APIKEY=${key}\n`);
    await tab.close();
  });

  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open("/app/connect", look);
      const check = async (name: string) => {
        await tab.picture(`connect-${name}`, look);
        expect(await tab.violations(), name).toEqual([]);
        expect(await scrollsSideways(tab), name).toBe(false);
      };
      await check("what");
      await tab.page.getByLabel("What you call it").fill(fresh("Look"));
      await tab.page.getByRole("button", { name: "Next" }).click();
      await tab.page.getByRole("button", { name: "Another stream" }).click();
      await check("write");
      await tab.page.getByRole("button", { name: "Create it and show its key" }).click();
      await tab.page.getByText("Waiting for the first datapoint").waitFor();
      await check("key");
      paste(await lines(tab, "curl"));
      await tab.page.getByText("It works: temperature").waitFor();
      await check("works");
      await tab.close();
    });
  }
});
