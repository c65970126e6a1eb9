// What is around every page: navigation, the search of everything, keys, the connection.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, type Look, launch, PHONE, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createDevice("garden", "Garden station");
  await server.createStream(`${USER}/garden/temperature`, { type: "number" });
  await server.createStream(`${USER}/user/mood`, { type: "integer" }, "How it goes");
  await server.insert(`${USER}/garden/temperature`, [{ d: 7.8 }]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look: Look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.locator("#main h1").first().waitFor();
  return tab;
}

const focused = (tab: Tab) => tab.page.evaluate("document.activeElement.textContent");

describe("navigation", () => {
  it("says where one is, and moves the focus to the heading", async () => {
    const tab = await open("/");
    expect(await focused(tab)).not.toBe("Today");
    await tab.page.getByRole("link", { name: "Settings", exact: true }).click();
    await tab.page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await expect.poll(() => focused(tab)).toBe("Settings");
    expect(await tab.page.title()).toBe("Settings · ConnectorDB");
    const current = tab.page.locator('nav a[aria-current="page"]').first();
    expect(await current.textContent()).toBe("Settings");
    await tab.page.goBack();
    await tab.page.getByRole("link", { name: "Devices", exact: true }).press("Enter");
    await tab.page.getByRole("link", { name: "Garden station" }).waitFor();
    await expect.poll(() => focused(tab)).toBe("Devices");
    await tab.close();
  });

  it("is skipped with one key", async () => {
    const tab = await open("/app/settings");
    await tab.page.evaluate("document.activeElement.blur()");
    await tab.page.keyboard.press("Tab");
    await expect.poll(() => focused(tab)).toBe("To what this page shows");
    await tab.page.keyboard.press("Enter");
    expect(await tab.page.evaluate("document.activeElement.id")).toBe("main");
    expect(new URL(tab.page.url()).pathname).toBe("/app/settings");
    await tab.close();
  });

  it("is five tabs and a bar with the way back on a phone", async () => {
    const tab = await open(`/${USER}/garden/temperature`, PHONE);
    const tabs = tab.page.getByRole("navigation", { name: "Pages" }).getByRole("link");
    expect(await tabs.count()).toBe(5);
    await tab.page.getByRole("link", { name: "Back" }).click();
    await tab.page.waitForURL(`**/${USER}/garden`);
    await tab.page.getByRole("link", { name: "Back" }).click();
    await tab.page.waitForURL(`**/${USER}`);
    expect(await tab.page.getByRole("link", { name: "Back" }).count()).toBe(0);
    await tabs.getByText("More").click();
    await tab.page.getByRole("main").getByRole("link", { name: "Users" }).waitFor();
    await tab.page.getByRole("main").getByText("Live").waitFor();
    await tab.picture("more", PHONE);
    await tab.close();
  });

  it("has names beside its icons where there is room for icons alone", async () => {
    const look = { width: 800, dark: false };
    const tab = await open("/", look);
    const link = tab.page.getByRole("link", { name: "Devices", exact: true });
    const box = await link.boundingBox();
    expect(box?.width).toBeLessThanOrEqual(56);
    await link.hover();
    const name = await link.getByText("Devices").boundingBox();
    expect(name?.x).toBeGreaterThan(56 - 8);
    await tab.picture("icons", look);
    expect(await tab.violations()).toEqual([]);
    await tab.close();
  });
});

describe("the search of everything", () => {
  it("is used with the keyboard alone, and gives the focus back", async () => {
    const tab = await open(`/${USER}/garden`);
    const link = tab.page.getByRole("link", { name: "temperature" });
    await link.focus();
    await tab.page.keyboard.press("Control+k");
    const field = tab.page.getByRole("combobox", { name: "Find anything" });
    await field.waitFor();
    await tab.page.keyboard.type("hand goes");
    await tab.page.getByRole("option", { name: "How it goes" }).waitFor();
    await expect.poll(() => tab.page.getByRole("dialog").getByRole("option").count()).toBe(1);
    await tab.page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
    await expect.poll(() => focused(tab)).toBe("temperature");
    await tab.page.keyboard.press("Control+k");
    await tab.page.keyboard.type("e");
    const chosen = () => tab.page.locator('[role="option"][aria-selected="true"]').textContent();
    const first = await chosen();
    await tab.page.keyboard.press("ArrowDown");
    expect(await chosen()).not.toBe(first);
    await tab.page.keyboard.press("ArrowUp");
    expect(await chosen()).toBe(first);
    await field.fill("temperature");
    await tab.page.keyboard.press("Enter");
    await tab.page.waitForURL(`**/${USER}/garden/temperature`);
    await expect.poll(() => focused(tab)).toBe("temperature");
    await tab.close();
  });

  it("finds what was created elsewhere, and says when nothing is found", async () => {
    const tab = await open("/");
    await tab.page.getByRole("button", { name: /^Find anything/ }).click();
    const field = tab.page.getByRole("combobox", { name: "Find anything" });
    await field.fill("cellar");
    await tab.page.getByText("Nothing has “cellar” in its name.").waitFor();
    await server.createDevice("cellar");
    await tab.page.getByRole("option", { name: /cellar/ }).click();
    await tab.page.waitForURL(`**/${USER}/cellar`);
    await tab.close();
  });

  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open("/", look);
      await tab.page.keyboard.press("Control+k");
      await tab.page.getByRole("option", { name: /Garden station/ }).waitFor();
      await tab.picture("palette", look);
      expect(await tab.violations()).toEqual([]);
      await tab.page.keyboard.press("Escape");
      await tab.page.locator("dialog").waitFor({ state: "detached" });
      await tab.page.keyboard.press("?");
      await tab.page.getByRole("dialog", { name: "Keys" }).waitFor();
      await tab.picture("keys", look);
      expect(await tab.violations()).toEqual([]);
      await tab.close();
    });
  }
});

describe("keys", () => {
  it("are listed, and do nothing where one writes", async () => {
    const tab = await open(`/${USER}`);
    await tab.page.getByRole("searchbox").waitFor();
    await tab.page.keyboard.press("/");
    await tab.page.keyboard.type("why?");
    expect(await tab.page.getByRole("searchbox").inputValue()).toBe("why?");
    await tab.page.getByRole("heading", { level: 1 }).evaluate("document.activeElement.blur()");
    await tab.page.keyboard.press("?");
    await tab.page.getByRole("dialog", { name: "Keys" }).waitFor();
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("dialog").waitFor({ state: "detached" });
    await tab.close();
  });
});

describe("the connection", () => {
  it("says whether values come as they are written", async () => {
    const tab = await open("/app/settings");
    const state = tab.page.locator(".bar .connection");
    await state.getByText("Live").waitFor();
    await tab.context.setOffline(true);
    await state.getByText("Offline").waitFor();
    await tab.context.setOffline(false);
    await state.getByText("Live").waitFor();
    await tab.close([/ERR_INTERNET_DISCONNECTED/]);
  });
});
