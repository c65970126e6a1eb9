import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, Tab } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;

// What would be a script if it were not shown as text.
const SCRIPT = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createDevice("garden", "Garden station");
  await server.createStream(`${USER}/garden/temperature`, { type: "number" });
  const hour = 3600;
  const now = Date.now() / 1000;
  const reading = (i: number) => ({
    t: now - (3000 - i) * hour,
    d: Math.round(80 * Math.sin(i / 24)) / 10,
  });
  await server.insert(
    `${USER}/garden/temperature`,
    Array.from({ length: 3000 }, (_, i) => reading(i)),
  );
  const rating = { type: "integer", minimum: 0, maximum: 10 };
  await server.createStream(`${USER}/user/mood`, rating, "Mood", "rating.stars");
  await server.createStream(`${USER}/user/weight`, { type: "number" });
  await server.createStream(`${USER}/user/heating`, { type: "boolean" });
  await server.insert(
    `${USER}/user/mood`,
    Array.from({ length: 40 }, (_, i) => ({ t: now - (40 - i) * 86_400, d: (i * 7) % 11 })),
  );
  await server.createDevice("notes", SCRIPT);
  await server.createStream(`${USER}/notes/diary`, { type: "string" }, SCRIPT);
  await server.insert(`${USER}/notes/diary`, [{ d: SCRIPT }, { d: "First frost tonight" }]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe("logging in", () => {
  it("refuses a wrong password in words, and stays where one wanted to go", async () => {
    const tab = await Tab.open(browser, server);
    await tab.goto(`/${USER}/garden/temperature`);
    await tab.fillInLogin("wrong");
    const alert = tab.page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(
      /^The name or the password is not right\.Reference .{36}$/,
    );
    await tab.fillInLogin();
    await tab.page.getByRole("heading", { level: 1, name: "temperature" }).waitFor();
    expect(await tab.page.title()).toBe("temperature · ConnectorDB");
    await tab.close([/401/]);
  });

  it("keeps the session in a cookie that no script reads, until one logs out", async () => {
    const tab = await Tab.open(browser, server);
    await tab.goto("/");
    await tab.fillInLogin();
    await tab.page.getByRole("heading", { name: "Today" }).waitFor();
    const [cookie, ...others] = await tab.context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    expect(cookie?.expires).toBeGreaterThan(Date.now() / 1000 + 86_400);
    await tab.page.reload();
    await tab.page.getByRole("link", { name: "Settings" }).click();
    await tab.page.getByText("Logged in as").waitFor();
    await tab.page.getByRole("link", { name: "Server", exact: true }).click();
    const licences = await tab.page.getByRole("link", { name: /^Licences/ }).getAttribute("href");
    expect(await (await fetch(server.url + licences)).text()).toContain("Jason Miller");
    await tab.page.getByRole("link", { name: "Me", exact: true }).click();
    await tab.page.getByRole("button", { name: "Log out" }).click();
    await tab.page.getByRole("button", { name: "Log in" }).waitFor();
    expect(await tab.context.cookies()).toEqual([]);
    await tab.page.reload();
    await tab.page.getByRole("button", { name: "Log in" }).waitFor();
    await tab.close();
  });

  it("ends when the session has ended elsewhere", async () => {
    const tab = await Tab.at(browser, server, "/");
    const heading = tab.page.getByRole("heading", { name: "Today" });
    await heading.waitFor();
    const [cookie] = await tab.context.cookies();
    const headers = { cookie: `${cookie?.name}=${cookie?.value}`, origin: server.url };
    const ended = await fetch(`${server.url}/api/v1/logout`, { method: "POST", headers });
    expect(ended.status).toBe(200);
    await tab.page.getByRole("button", { name: "Log in" }).waitFor();
    await tab.close([/40[134]/]);
  });
});

describe("devices", () => {
  it("shows last values as they come, and finds streams", async () => {
    const tab = await Tab.at(browser, server, `/${USER}`);
    const row = tab.page.getByRole("row", { name: /^temperature/ });
    await row.getByText("3,000").waitFor();
    await server.insert(`${USER}/garden/temperature`, [{ d: 31.25 }]);
    await row.getByText("31.25").waitFor();
    await row.getByText("3,001").waitFor();
    await tab.page.getByRole("searchbox").fill("station temp");
    await tab.page.getByText(SCRIPT).first().waitFor({ state: "hidden" });
    expect(await row.count()).toBe(1);
    await tab.page.getByRole("searchbox").fill("zork");
    await tab.page.getByText("No device or stream has “zork” in its name.").waitFor();
    await tab.close();
  });

  it("shows what looks like a script as text", async () => {
    const tab = await Tab.at(browser, server, `/${USER}`);
    await tab.page.getByRole("link", { name: SCRIPT }).first().waitFor();
    await tab.page.getByRole("link", { name: SCRIPT }).nth(1).click();
    await tab.page.getByRole("heading", { level: 1, name: SCRIPT }).waitFor();
    await tab.page.getByRole("cell", { name: /^<img src=x onerror/ }).waitFor();
    expect(await tab.page.title()).toBe("diary · ConnectorDB");
    expect(await tab.page.locator("img").count()).toBe(0);
    await tab.close();
  });

  it("is used with the keyboard alone", async () => {
    const tab = await Tab.open(browser, server);
    await tab.goto(`/${USER}`);
    await tab.page.getByLabel("Name or e-mail").focus();
    await tab.page.keyboard.type(USER);
    await tab.page.keyboard.press("Tab");
    await tab.page.keyboard.type("a long password");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("link", { name: "temperature" }).waitFor();
    await tab.page.getByRole("searchbox").focus();
    const focused = () => tab.page.evaluate("document.activeElement.textContent");
    for (let presses = 0; presses < 20 && (await focused()) !== "temperature"; presses++) {
      await tab.page.keyboard.press("Tab");
    }
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("heading", { level: 1, name: "temperature" }).waitFor();
    await tab.page.goBack();
    await tab.page.getByRole("heading", { name: "Devices" }).waitFor();
    await tab.close();
  });
});

describe("stream", () => {
  it("has the plot, what it comes to, and the newest values", async () => {
    const tab = await Tab.at(browser, server, `/${USER}/garden/temperature`);
    const plot = tab.page.getByRole("figure", {
      name: /^temperature over time\. 3,0\d\d numbers between −\S+ and/,
    });
    await plot.waitFor();
    await plot.getByRole("application").waitFor();
    // Faster than the page asks by itself.
    const written = Date.now();
    await server.insert(`${USER}/garden/temperature`, [{ d: -12.5 }]);
    await tab.page.getByText("−12.5").first().waitFor();
    expect(Date.now() - written).toBeLessThan(2000);
    const newest = tab.page.getByRole("row").nth(1);
    await expect.poll(() => newest.textContent()).toContain("−12.5");
    await tab.close();
  });
});

describe("what is live", () => {
  it("goes on after the connection was lost", async () => {
    const tab = await Tab.at(browser, server, `/${USER}/garden/temperature`);
    await tab.page.getByRole("figure", { name: /^temperature over time/ }).waitFor();
    await tab.context.setOffline(true);
    await server.insert(`${USER}/garden/temperature`, [{ d: 1.5 }]);
    // Each part of the page that asks says so.
    const unreached = tab.page.getByText("The server cannot be reached.");
    await unreached.first().waitFor();
    await tab.context.setOffline(false);
    await tab.page.getByRole("cell", { name: "1.5", exact: true }).waitFor();
    await expect.poll(() => unreached.count()).toBe(0);
    await tab.close([/ERR_INTERNET_DISCONNECTED/]);
  });
});

describe("every page", () => {
  const pages = [
    ["today", "/", "Today"],
    ["devices", `/${USER}`, "Devices"],
    ["device", `/${USER}/garden`, "Garden station"],
    ["stream", `/${USER}/garden/temperature`, "temperature"],
    ["text", `/${USER}/notes/diary`, SCRIPT],
    ["settings", "/app/settings", "Settings"],
    ["missing", "/app/zork", "There is nothing here"],
  ] as const;

  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await Tab.open(browser, server, look);
      await tab.goto("/");
      await tab.page.getByRole("button", { name: "Log in" }).waitFor();
      await tab.picture("login", look);
      expect(await tab.violations()).toEqual([]);
      await tab.fillInLogin();
      await tab.page.getByRole("heading", { name: "Today" }).waitFor();
      for (const [name, path, title] of pages) {
        await tab.goto(path);
        await tab.page.getByRole("heading", { level: 1, name: title }).waitFor();
        await tab.page.waitForLoadState("networkidle");
        await tab.picture(name, look);
        expect(await tab.violations(), name).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), `${name} scrolls sideways`).toBe(false);
      }
      await tab.close();
    });
  }

  it("is new and empty for a new user", async () => {
    const empty = await Server.start();
    for (const look of LOOKS) {
      const tab = await Tab.at(browser, empty, "/", look);
      await tab.page.getByText("Nothing is kept here yet.").waitFor();
      await tab.picture("empty-today", look);
      expect(await tab.violations()).toEqual([]);
      await tab.page.getByRole("link", { name: "Devices" }).click();
      await tab.page.getByText("Nothing has been written yet.").waitFor();
      await tab.picture("empty-devices", look);
      expect(await tab.violations()).toEqual([]);
      await tab.close();
    }
    await empty.stop();
  });

  it("has the headers that keep it apart from other pages", async () => {
    const response = await fetch(`${server.url}/`, { headers: { accept: "text/html" } });
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": "geolocation=(self), camera=(self), microphone=()",
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    });
    const etag = headers.etag ?? "";
    const again = await fetch(`${server.url}/mara/x`, {
      headers: { accept: "text/html", "if-none-match": etag },
    });
    expect(again.status).toBe(304);
    const html = await response.text();
    const script = /type="module"[^>]* src="([^"]+)"/.exec(html)?.[1] ?? "";
    expect(script).toBe(`/app/assets/${etag.replace(/^W/, "").replace(/["/]/g, "")}/start.js`);
    const file = await fetch(server.url + script);
    expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(file.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    const plain = await fetch(server.url + script, { headers: { "accept-encoding": "identity" } });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.text()).toBe(await file.text());
  });

  it("does not take the place of the protocol", async () => {
    const missing = await fetch(`${server.url}/api/v1/zork`, { headers: { accept: "text/html" } });
    expect(missing.headers.get("content-type")).toContain("application/json");
    const program = await fetch(`${server.url}/mara/garden`);
    expect(program.status).toBe(404);
  });
});
