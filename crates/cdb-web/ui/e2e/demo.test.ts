// How the pages look with a year of data of every kind.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, Tab } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.demo();
  browser = await launch();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe("the demo", () => {
  const pages = [
    ["today", "/", "Today"],
    ["devices", `/${USER}`, "Devices"],
    ["temperature", `/${USER}/garden/temperature`, "temperature"],
    ["mood", `/${USER}/user/mood`, "Mood"],
    ["diary", `/${USER}/user/diary`, "Diary"],
    ["position", `/${USER}/phone/position`, "position"],
    ["brightness", `/${USER}/lamp/brightness`, "brightness"],
  ] as const;
  // Pages that do not depend on a year of data have tests of their own: these are for looking at them.
  const column = `column=mean:${USER}/user/mood&column=mean:${USER}/garden/temperature`;
  const others = [
    ["device", `/${USER}/garden`, "garden"],
    ["window", `/${USER}/user/window`, "Window open"],
    ["analyse", `/app/analyse?${column}`, "Analyse"],
    ["boards", `/app/boards?pin=${USER}/garden/temperature`, "Boards"],
    ["downlinks", "/app/downlinks", "Downlinks"],
    ["upload", "/app/upload", "Upload"],
    ["connect", "/app/connect?device=garden", "Connect a device"],
    ["new-stream", "/app/new/stream", "New stream"],
    ["settings", "/app/settings", "Settings"],
    ["settings-look", "/app/settings/look", "Settings"],
    ["users", "/app/users", "Users"],
    ["log", `/${USER}/meta/log`, "Log"],
    ["pipescript", "/app/pipescript", "PipeScript"],
    ["more", "/app/more", "More"],
  ] as const;
  const areAllWanted = process.env.LOOKS === "all";

  for (const look of LOOKS) {
    it(`is accessible on every page, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await Tab.at(browser, server, "/", look);
      await tab.page.getByRole("heading", { level: 1, name: "Today" }).waitFor();
      for (const [name, path, title] of areAllWanted ? [...pages, ...others] : pages) {
        await tab.goto(path);
        await tab.page.getByRole("heading", { level: 1, name: title }).waitFor();
        await tab.page.waitForLoadState("networkidle");
        await tab.picture(`demo-${name}`, look);
        expect(await tab.violations(), name).toEqual([]);
        const tooWide = "document.documentElement.scrollWidth > innerWidth";
        expect(await tab.page.evaluate(tooWide), `${name} scrolls sideways`).toBe(false);
      }
      await tab.close();
    }, 300_000);
  }
});
