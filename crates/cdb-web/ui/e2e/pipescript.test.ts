import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, type Look, launch, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createStream(`${USER}/user/steps`, { type: "number" });
  const points = Array.from({ length: 30 }, (_, i) => ({ t: 1_700_000_000 + i * 3600, d: i }));
  await server.insert(`${USER}/user/steps`, points);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look: Look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("heading", { level: 1, name: "PipeScript" }).waitFor();
  return tab;
}

describe("PipeScript", () => {
  it("has all transforms and interpolators that the server has, and finds them", async () => {
    const tab = await open("/app/pipescript");
    const known = Object.keys(JSON.parse(await server.request("GET", "meta/transforms")));
    const between = Object.keys(JSON.parse(await server.request("GET", "meta/interpolators")));
    await tab.page.getByRole("heading", { name: `${known.length} transforms` }).waitFor();
    expect(await tab.page.locator(".transforms summary code").allTextContents()).toEqual(known);
    expect(await tab.page.locator(".interpolators dt").allTextContents()).toEqual(between);
    await tab.page.getByRole("searchbox").fill("sentiment");
    await tab.page.getByRole("heading", { name: "1 transform" }).waitFor();
    await tab.page.getByRole("searchbox").fill("zork");
    await tab.page.getByText("Nothing here is called “zork”").waitFor();
    await tab.close();
  });

  it("tries a script on a stream, as a link, with the keyboard", async () => {
    const tab = await open("/app/pipescript");
    await tab.page.getByLabel("Script", { exact: true }).focus();
    await tab.page.keyboard.type("if $ > 20 | count | if last");
    await tab.page.keyboard.press("Enter");
    await tab.page.getByRole("cell", { name: "9", exact: true }).waitFor();
    await tab.page.getByText("1 datapoint comes out of").waitFor();
    await tab.page.reload();
    await tab.page.getByRole("cell", { name: "9", exact: true }).waitFor();
    const script = encodeURIComponent("if $ > 20 | count | if last");
    const answer = await server.request(
      "GET",
      `crud/${USER}/user/steps/data?i1=0&transform=${script}`,
    );
    expect(JSON.parse(answer)[0].d).toBe(9);
    await tab.close();
  });

  it("shows where a mistake is", async () => {
    const tab = await open("/app/pipescript");
    await tab.page.getByLabel("Script", { exact: true }).fill("if $ = 5");
    await tab.page.getByRole("button", { name: "Try it" }).click();
    await tab.page.getByText("did you mean ==?, at character 6.").waitFor();
    expect(await tab.page.locator(".mistake").textContent()).toBe("if $ = 5\n     ^");
    expect(await tab.violations()).toEqual([]);
    await tab.close([/403/]);
  });

  it("takes an example over", async () => {
    const tab = await open("/app/pipescript?q=count");
    await tab.page
      .locator("summary")
      .filter({ hasText: /^count / })
      .click();
    await tab.page.getByRole("button", { name: "Try this one count" }).click();
    const script = await tab.page.getByLabel("Script", { exact: true }).inputValue();
    expect(script).toContain("count");
    await tab.page.getByText(/datapoints? comes? out of/).waitFor();
    await tab.close();
  });

  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open("/app/pipescript?script=%24+%2B+1", look);
      await tab.page.getByText("30 datapoints come").waitFor();
      await tab.page.locator("summary").filter({ hasText: /^map / }).click();
      await tab.picture("pipescript", look);
      expect(await tab.violations()).toEqual([]);
      const tooWide = "document.documentElement.scrollWidth > innerWidth";
      expect(await tab.page.evaluate(tooWide)).toBe(false);
      await tab.close();
    });
  }
});
