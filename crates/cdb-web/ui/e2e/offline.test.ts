// What happens without a connection: what is noted is kept, and sent once and in order when it is back.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
  type Route,
} from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BROWSER, LOOKS, launch, launchWhole, MAX_WAIT, serveFiles, Tab, WIDE } from "./browser.ts";
import { PASSWORD, Server, USER } from "./server.ts";

const WITHOUT_CONNECTION = [/ERR_INTERNET_DISCONNECTED/, /ERR_CONNECTION_REFUSED/, /ERR_FAILED/];

let server: Server;
let browser: Browser;
let path: string;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

// A stream of its own for each test, and for each try of it.
beforeEach(async () => {
  path = `${USER}/user/n${Date.now()}`;
  await server.createStream(path, { type: "number" });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Point {
  t: number;
  d: unknown;
}

async function points(of = path): Promise<Point[]> {
  return JSON.parse(await server.request("GET", `crud/${of}/data?i1=0`));
}

const values = async () => (await points()).map(({ d }) => d);

function card(page: Page) {
  return page.getByRole("article").filter({ hasText: path.split("/")[2] ?? "" });
}

/** Opens Today as the user. */
async function open(look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, "/", look);
  await card(tab.page).waitFor();
  return tab;
}

/** Notes a value on the card, and waits until the page says what became of it. */
async function note(page: Page, d: number, verb = "Keep", words = ""): Promise<void> {
  const field = card(page).getByLabel("Number", { exact: true });
  await field.fill(String(d));
  await card(page).getByRole("button", { name: verb, exact: true }).click();
  await said(page, words || (verb === "Keep" ? "Kept here" : "Noted"), d);
}

async function said(page: Page, what: string, d: number): Promise<void> {
  await page.getByText(new RegExp(`${what}: ${d}(?!\\d)`)).waitFor();
}

/** Goes to the settings. Returns whether that takes two steps, as on a phone. */
async function goToSettings(page: Page): Promise<boolean> {
  const settings = page.getByRole("link", { name: "Settings" }).first();
  const isPhone = !(await settings.isVisible());
  if (isPhone) await page.getByRole("link", { name: "More" }).click();
  await settings.click();
  return isPhone;
}

/** Looks at the settings, so that they are loaded: there is no worker in these tests. */
async function seeSettings(page: Page): Promise<void> {
  const isPhone = await goToSettings(page);
  await page.getByRole("button", { name: "Log out" }).waitFor();
  if (isPhone) await page.goBack();
  await page.goBack();
  await card(page).waitFor();
}

describe("without a connection", () => {
  it("what is noted is kept, can be taken back, and is sent when it is back", async () => {
    const tab = await open();
    await note(tab.page, 1, "Note");
    expect(await values()).toEqual([1]);
    await tab.context.setOffline(true);
    await tab.page.getByText("What you note is kept on this device").waitFor();
    for (const d of [2, 3, 4]) await note(tab.page, d);
    await card(tab.page).getByText("kept here").waitFor();
    await tab.page.getByText("3 kept here").waitFor();
    await tab.page.getByRole("button", { name: "Undo" }).click();
    await tab.page.getByText("2 kept here").waitFor();
    // Also what the server has already.
    expect(await values()).toEqual([1]);
    const before = Date.now() / 1000;
    await tab.context.setOffline(false);
    await tab.page.getByText("2 kept here").waitFor({ state: "detached" });
    const sent = await points();
    expect(sent.map(({ d }) => d)).toEqual([1, 2, 3]);
    // They have the times at which they were noted.
    expect(sent.every(({ t }) => t <= before)).toBe(true);
    await card(tab.page).getByText("kept here").waitFor({ state: "detached" });
    await tab.close(WITHOUT_CONNECTION);
  });

  it("a value that the server has is taken back when the connection is", async () => {
    const tab = await open();
    await note(tab.page, 1, "Note");
    await tab.context.setOffline(true);
    await tab.page.getByText("What you note is kept on this device").waitFor();
    await tab.page.getByRole("button", { name: "Undo" }).press("Enter");
    expect(await values()).toEqual([1]);
    await tab.context.setOffline(false);
    await expect.poll(values).toEqual([]);
    await tab.close(WITHOUT_CONNECTION);
  });

  it("a device is not asked for anything later", async () => {
    const lamp = `${USER}/lamp${Date.now()}`;
    await server.createDevice(lamp.split("/")[1] ?? "");
    const stream = { schema: '{"type":"number"}', downlink: true };
    await server.request("POST", `crud/${lamp}/level`, stream);
    const tab = await open();
    await tab.goto(`/${lamp}/level`);
    await tab.page.getByRole("button", { name: "Ask" }).waitFor();
    await tab.context.setOffline(true);
    await tab.page.getByText("Without a connection, a device is not asked.").waitFor();
    expect(await tab.page.getByLabel("Number", { exact: true }).isDisabled()).toBe(true);
    expect(await tab.page.getByRole("button", { name: "Ask" }).isDisabled()).toBe(true);
    await tab.context.setOffline(false);
    await expect.poll(() => tab.page.evaluate("navigator.onLine")).toBe(true);
    const asked = await server.request("GET", `crud/${lamp}/level/data?i1=0&downlink=true`);
    expect(JSON.parse(asked)).toEqual([]);
    await tab.close(WITHOUT_CONNECTION);
  });

  it("logging out asks what becomes of what is kept", async () => {
    const tab = await open();
    await seeSettings(tab.page);
    await tab.context.setOffline(true);
    await note(tab.page, 5);
    await tab.page.getByRole("link", { name: "Settings" }).click();
    await tab.page.getByRole("button", { name: "Log out" }).click();
    await tab.page.getByText("1 value has not been sent yet.").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole("button", { name: "Stay logged in" }).press("Enter");
    // Nothing is deleted for nothing: the server must hear of it, too.
    await tab.page.getByRole("button", { name: "Log out" }).press("Enter");
    await tab.page.getByRole("button", { name: "Log out and delete it" }).press("Enter");
    await tab.page.getByText("The server cannot be reached.").first().waitFor();
    await tab.page.getByText("1 kept here").waitFor();
    // It is there again, but does not take the value.
    await tab.page.route("**/data?index=*", (route) => route.abort());
    await tab.context.setOffline(false);
    await expect.poll(() => tab.page.evaluate("navigator.onLine")).toBe(true);
    await tab.page.getByRole("button", { name: "Log out and delete it" }).press("Enter");
    await tab.page.getByRole("button", { name: "Log in" }).waitFor();
    await tab.page.unroute("**/data?index=*");
    await tab.goto("/");
    await tab.fillInLogin();
    await card(tab.page).getByText("no value").waitFor();
    expect(await tab.page.getByText("1 kept here").count()).toBe(0);
    expect(await values()).toEqual([]);
    await tab.close(WITHOUT_CONNECTION);
  });

  for (const look of LOOKS) {
    it(`Today is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open(look);
      await seeSettings(tab.page);
      await note(tab.page, 72, "Note");
      await tab.context.setOffline(true);
      await tab.page.getByText("What you note is kept on this device").waitFor();
      await note(tab.page, 73);
      await card(tab.page).getByText("kept here").waitFor();
      await tab.picture("offline-today", look);
      expect(await tab.violations()).toEqual([]);
      const tooWide = "document.documentElement.scrollWidth > innerWidth";
      expect(await tab.page.evaluate(tooWide)).toBe(false);
      await goToSettings(tab.page);
      await tab.page.getByRole("button", { name: "Log out" }).click();
      await tab.picture("offline-log-out", look);
      expect(await tab.violations()).toEqual([]);
      await tab.context.setOffline(false);
      await expect.poll(values).toEqual([72, 73]);
      await tab.close(WITHOUT_CONNECTION);
    });
  }
});

describe("what is kept", () => {
  it("is there once, when the answer was lost", async () => {
    const tab = await open();
    let lost = 0;
    const lose = async (route: Route) => {
      if (route.request().method() !== "POST" || lost === 2) return await route.fallback();
      lost++;
      await route.fetch();
      await route.abort();
    };
    await tab.page.route(`**/crud/${path}/data?*`, lose);
    await note(tab.page, 1, "Note", "(Noted|Kept here)");
    await tab.page.getByText("1 kept here").waitFor({ state: "detached" });
    await expect.poll(values).toEqual([1]);
    await note(tab.page, 2, "Note", "(Noted|Kept here)");
    await expect.poll(values).toEqual([1, 2]);
    await tab.page.getByText("1 kept here").waitFor({ state: "detached" });
    expect(await values()).toEqual([1, 2]);
    expect(lost).toBe(2);
    await tab.close(WITHOUT_CONNECTION);
  });

  it("is there once, from two tabs at the same time", async () => {
    const tab = await open();
    const second = await tab.context.newPage();
    await second.goto(server.url);
    await card(second).waitFor();
    await tab.context.setOffline(true);
    const wanted = Array.from({ length: 10 }, (_, i) => i);
    for (const d of wanted) await note(d % 2 === 0 ? tab.page : second, d);
    // Each hears of what the other keeps.
    await tab.page.getByText("10 kept here").waitFor();
    await second.getByText("10 kept here").waitFor();
    await tab.context.setOffline(false);
    await tab.page.getByText("10 kept here").waitFor({ state: "detached" });
    await expect.poll(values).toEqual(wanted);
    await tab.close(WITHOUT_CONNECTION);
  });

  it("keeps its time when something later was written meanwhile", async () => {
    const tab = await open();
    await tab.context.setOffline(true);
    await note(tab.page, 1);
    const noted = Date.now() / 1000;
    await server.insert(path, [{ t: noted + 60, d: 100 }]);
    await note(tab.page, 2);
    await tab.context.setOffline(false);
    await expect.poll(values).toEqual([1, 2, 100]);
    expect((await points())[0]?.t).toBeLessThanOrEqual(noted);
    await tab.close(WITHOUT_CONNECTION);
  });

  it("waits and says why, when the server does not take it", async () => {
    const tab = await open();
    await tab.context.setOffline(true);
    for (const d of [1, 200, 2]) await note(tab.page, d);
    const schema = (maximum: number) => ({ schema: JSON.stringify({ type: "number", maximum }) });
    await server.request("PUT", `crud/${path}`, schema(100));
    await tab.context.setOffline(false);
    await tab.page.getByText("At least one datapoint did not conform").waitFor();
    await expect.poll(values).toEqual([1, 2]);
    await tab.picture("offline-refused", WIDE);
    expect(await tab.violations()).toEqual([]);
    await server.request("PUT", `crud/${path}`, schema(500));
    await tab.page.getByRole("button", { name: "Try again: 200" }).press("Enter");
    // It goes where it belongs.
    await expect.poll(values).toEqual([1, 200, 2]);
    await tab.page.getByText("At least one datapoint did not conform").waitFor({ state: "hidden" });
    await tab.close([...WITHOUT_CONNECTION, /403/]);
  });

  it("is a value that is refused at once, if there is a connection", async () => {
    const tab = await open();
    await server.request("PUT", `crud/${path}`, { schema: '{"type":"number","not":{"const":10}}' });
    await card(tab.page).getByLabel("Number", { exact: true }).fill("10");
    await card(tab.page).getByRole("button", { name: "Note", exact: true }).click();
    await card(tab.page)
      .getByText(/did not conform.*Reference .{36}/)
      .waitFor();
    expect(await card(tab.page).getByLabel("Number", { exact: true }).inputValue()).toBe("10");
    expect(await tab.page.getByText("1 kept here").count()).toBe(0);
    expect(await values()).toEqual([]);
    await tab.close([/403/]);
  });
});

describe("over plain http, where browsers have no locks and no workers", () => {
  it("what is kept is there once, from two tabs, also what is late", async () => {
    const plain = await launch("--host-resolver-rules=MAP cdb.test 127.0.0.1");
    const context = await plain.newContext();
    await serveFiles(context);
    const tabs = [await context.newPage(), await context.newPage()];
    for (const page of tabs) {
      await page.goto(server.url.replace("127.0.0.1", "cdb.test"));
      const login = page.getByRole("button", { name: "Log in" });
      await login.or(card(page)).first().waitFor();
      if (!(await login.isVisible())) continue;
      expect(await page.evaluate("isSecureContext")).toBe(false);
      await page.getByLabel("Name or e-mail").fill(USER);
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await login.click();
      await card(page).waitFor();
    }
    await context.setOffline(true);
    const wanted = [0, 1, 2, 3, 4, 5];
    for (const d of wanted) await noteKept(tabs[d % 2] as Page, d);
    for (const page of tabs) await page.getByText("Leave this page open").waitFor();
    await server.insert(path, [{ t: Date.now() / 1000 + 60, d: 100 }]);
    await context.setOffline(false);
    for (const page of tabs)
      await page
        .getByText(/kept here/)
        .first()
        .waitFor({ state: "hidden" });
    expect(await values()).toEqual([...wanted, 100]);
    await plain.close();
  });
});

/** A browser with a profile of its own, which is killed without a word. */
class Killable {
  private constructor(
    private readonly child: ChildProcess,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async start(profile: string): Promise<Killable> {
    const port = join(profile, "DevToolsActivePort");
    rmSync(port, { force: true });
    const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
    const child = spawn(BROWSER, [...args, "--no-first-run", `--user-data-dir=${profile}`], {
      detached: true,
      stdio: "ignore",
    });
    await expect.poll(() => existsSync(port) && readFileSync(port, "utf8")).toBeTruthy();
    const [number] = readFileSync(port, "utf8").split("\n");
    const connected = await chromium.connectOverCDP(`http://127.0.0.1:${number}`);
    const [context] = connected.contexts();
    if (!context) throw new Error("the browser has no context");
    await serveFiles(context);
    const page = await context.newPage();
    page.setDefaultTimeout(MAX_WAIT);
    return new Killable(child, context, page);
  }

  /** Opens Today, and logs in if the browser has lost its cookie. */
  async today(): Promise<void> {
    await this.page.goto(server.url);
    const login = this.page.getByRole("button", { name: "Log in" });
    await login.or(card(this.page)).first().waitFor();
    if (await login.isVisible()) {
      await this.page.getByLabel("Name or e-mail").fill(USER);
      await this.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await login.click();
    }
    await card(this.page).waitFor();
  }

  async kill(): Promise<void> {
    process.kill(-(this.child.pid ?? 0), "SIGKILL");
    await once(this.child, "exit");
  }
}

describe("a hundred values", () => {
  it("are there once and in order, when browser and server are killed twice each", {
    timeout: 120_000,
  }, async () => {
    const profile = mkdtempSync(join(tmpdir(), "cdb-browser-"));
    let killable = await Killable.start(profile);
    await killable.today();
    for (let round = 0; round < 2; round++) {
      await server.kill();
      for (let i = 0; i < 25; i++) await noteKept(killable.page, round * 50 + i);
      await killable.kill();
      await server.restart();
      killable = await Killable.start(profile);
      // The server is killed again while it takes them, before anybody hears of it.
      const killed = new Promise<void>((resolve) => {
        void killable.context.route(/crud\/.*\/data\?index=/, async (route) => {
          await route.fetch().catch(() => {});
          await server.kill();
          await route.abort();
          resolve();
        });
      });
      await killable.today();
      await killed;
      await killable.context.unrouteAll({ behavior: "ignoreErrors" });
      await serveFiles(killable.context);
      for (let i = 25; i < 50; i++) await noteKept(killable.page, round * 50 + i);
      await server.restart();
    }
    await expect.poll(async () => (await values()).length, { timeout: 60_000 }).toBe(100);
    expect(await values()).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const times = (await points()).map(({ t }) => t);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    await killable.kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
});

/** Notes a value while the server is away, whether or not the page knows that yet. */
async function noteKept(page: Page, d: number): Promise<void> {
  await card(page).getByLabel("Number", { exact: true }).fill(String(d));
  await card(page)
    .getByRole("button", { name: /^(Keep|Note)$/ })
    .click();
  await said(page, "Kept here", d);
}

describe("the page", () => {
  /** Opens Today in a browser that may keep the page, and waits until it has. */
  async function install(on = browser): Promise<Tab> {
    const tab = await Tab.open(on, server, WIDE, "allow");
    await tab.logIn();
    await tab.goto("/");
    await card(tab.page).waitFor();
    await tab.page.evaluate("navigator.serviceWorker.ready.then(() => {})");
    await tab.page.waitForFunction("navigator.serviceWorker.controller !== null");
    return tab;
  }

  it("opens without a connection in 300 ms, wherever one was, and keeps what is noted", async () => {
    const tab = await install();
    await note(tab.page, 1, "Note");
    await card(tab.page).getByText("1", { exact: true }).waitFor();
    await tab.context.setOffline(true);
    const usable: number[] = [];
    for (let visits = 0; visits < 3; visits++) {
      await tab.goto("/");
      await card(tab.page).waitFor();
      usable.push(
        await tab.page.evaluate<number>(`performance.getEntriesByName("usable")[0].startTime`),
      );
    }
    expect(Math.min(...usable)).toBeLessThan(300);
    // What the server said last, and what is noted now.
    await card(tab.page).getByText("1", { exact: true }).waitFor();
    await note(tab.page, 2);
    await tab.page.reload();
    await card(tab.page).getByText("kept here").waitFor();
    await tab.goto("/app/settings");
    await tab.page.getByText("This page opens without a connection.").waitFor();
    await tab.goto(`/${path}`);
    await tab.page.getByText("1 value is kept on this device.").waitFor();
    await tab.context.setOffline(false);
    await expect.poll(values).toEqual([1, 2]);
    await tab.close(WITHOUT_CONNECTION);
  });

  it("takes nothing of the protocol from a cache", async () => {
    const tab = await install();
    const cached = await tab.page.evaluate<string[]>(`(async () => {
      const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      const requests = await Promise.all(caches_.map((cache) => cache.keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    })()`);
    expect(cached.length).toBeGreaterThan(5);
    expect(cached.filter((it) => !it.startsWith("/app/assets/"))).toEqual([]);
    // All that the page needs is there.
    const [script] = cached.filter((it) => it.endsWith("/start.js"));
    const files = await (
      await fetch(`${server.url}${script?.replace("start.js", "sw.js")}`)
    ).text();
    const names = JSON.parse(/FILES = (\[.*?\])/.exec(files)?.[1] ?? "[]") as string[];
    expect(names.map((name) => script?.replace("start.js", name)).sort()).toEqual(cached.sort());
    for (const name of ["index.html", "start.css", "map.js", "icon-192.png"]) {
      expect(names).toContain(name);
    }
    await tab.close();
  });

  it("is forgotten with what it showed, when one logs out", async () => {
    const tab = await install();
    await tab.goto("/app/settings");
    await tab.page.getByRole("button", { name: "Log out" }).click();
    await tab.page.getByRole("button", { name: "Log in" }).waitFor();
    expect(await tab.page.evaluate("JSON.stringify(localStorage)")).toBe("{}");
    await tab.context.setOffline(true);
    await tab.page.reload();
    await tab.page.getByText("The server cannot be reached.").waitFor();
    await tab.close(WITHOUT_CONNECTION);
  });

  it("says that the server has a new version", async () => {
    const tab = await install();
    // As if the server were another one now.
    await tab.page.route("**/", async (route) => {
      if (route.request().method() !== "HEAD") return await route.fallback();
      await route.fulfill({ status: 200, headers: { etag: 'W/"0123456789abcdef"' } });
    });
    await tab.page.evaluate(`{
      const now = Date.now() + 2 * 3600_000;
      Date.now = () => now;
      document.dispatchEvent(new Event("visibilitychange"));
    }`);
    await tab.page.getByText("A new version of this page is there.").waitFor();
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole("button", { name: "Reload" }).press("Enter");
    await tab.page.getByText("A new version of this page is there.").waitFor({ state: "hidden" });
    await card(tab.page).waitFor();
    await tab.close();
  });

  it("can be installed", async () => {
    const whole = await launchWhole();
    const tab = await install(whole);
    const session = await tab.context.newCDPSession(tab.page);
    const { url, errors } = await session.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    // Browsers of tests are like private ones.
    const others = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
    expect(others).toEqual([]);
    const manifest = await (await fetch(url)).json();
    expect(manifest).toMatchObject({ start_url: "/", scope: "/", display: "standalone" });
    for (const { src, sizes } of manifest.icons) {
      const icon = Buffer.from(await (await fetch(new URL(src, url))).arrayBuffer());
      expect(`${icon.readUInt32BE(16)}x${icon.readUInt32BE(20)}`).toBe(sizes);
    }
    await tab.close();
    await whole.close();
  });
});
