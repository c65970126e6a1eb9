// A browser whose every complaint fails the test.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { type Server, USER } from "./server.ts";

/** Debian's Chromium. */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

// The same browser without windows, in a package of its own: opening a page takes a third of the time.
const HEADLESS = process.env.CHROMIUM_HEADLESS ?? "/usr/bin/chromium-headless-shell";

/** The browser of most tests. */
export const BROWSER = existsSync(HEADLESS) ? HEADLESS : CHROMIUM;

export async function launch(...more: string[]): Promise<Browser> {
  return await start(BROWSER, more);
}

/** A browser that has everything that people's browsers have: it can install pages, for one. */
export async function launchWhole(): Promise<Browser> {
  return await start(CHROMIUM, []);
}

async function start(executablePath: string, more: string[]): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", ...more];
  return await chromium.launch({ executablePath, args });
}

// For what takes a fraction of a second where nobody else is busy.
export const MAX_WAIT = 20_000;

export interface Look {
  width: number;
  dark: boolean;
}

export const WIDE: Look = { width: 1280, dark: false };
export const PHONE: Look = { width: 360, dark: false };
const ALL_LOOKS: Look[] = [360, 1280].flatMap((width) => [
  { width, dark: false },
  { width, dark: true },
]);
/** The looks that each page is tested in: both widths and both colours, with `LOOKS=all` each with each. */
export const LOOKS = ALL_LOOKS.filter(
  ({ width, dark }) => process.env.LOOKS === "all" || dark === (width === 1280),
);

const MIME: Record<string, string> = {
  css: "text/css",
  js: "text/javascript",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain",
  webmanifest: "application/manifest+json",
};

/**
 * With `DIST=../dist`, the files of the app are those that were built last, so that `cdb`, which has those of
 * its own build, need not be built again after each change.
 */
export async function serveFiles(context: BrowserContext): Promise<void> {
  const { DIST } = process.env;
  if (!DIST) return;
  await context.route(/\/app\/assets\//, async (route) => {
    const [name = "", digest = ""] = route.request().url().split("/").reverse();
    // The page itself is the server's, which may want files that are gone.
    if (!existsSync(join(DIST, name))) return await route.continue();
    const file = readFileSync(join(DIST, name));
    await route.fulfill({
      body: name.endsWith(".png") ? file : file.toString().replaceAll("0000000000000000", digest),
      contentType: MIME[name.split(".").at(-1) ?? ""] ?? "",
    });
  });
}

/** A page in a browser that nobody has used, and what it complained about. */
export class Tab {
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly server: Server,
  ) {}

  static async open(
    browser: Browser,
    server: Server,
    look = WIDE,
    // A page that is kept would hide from other tests what the server sends.
    serviceWorkers: "allow" | "block" = "block",
  ): Promise<Tab> {
    const context = await browser.newContext({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.dark ? "dark" : "light",
      // Scripts of the test are no scripts of the page.
      bypassCSP: false,
      serviceWorkers,
    });
    // Service workers fetch their own files, which cannot be replaced: these tests have those of `cdb`.
    if (serviceWorkers === "block") await serveFiles(context);
    const page = await context.newPage();
    const tab = new Tab(context, page, server);
    page.setDefaultTimeout(MAX_WAIT);
    page.on("pageerror", (error) => tab.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error")
        tab.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on("request", (request) => {
      if (
        !request
          .url()
          .replace(/^blob:/, "")
          .startsWith(server.url)
      )
        tab.complaints.push(`asked ${request.url()}`);
    });
    return tab;
  }

  /** Opens a page for somebody who is logged in. */
  static async at(browser: Browser, server: Server, path: string, look = WIDE): Promise<Tab> {
    const tab = await Tab.open(browser, server, look);
    await tab.logIn();
    await tab.goto(path);
    return tab;
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.server.url + path);
  }

  /** Opens a session, which the pages that are opened later have. */
  async logIn(): Promise<void> {
    const cookie = await this.server.logIn(await this.page.evaluate("navigator.userAgent"));
    const flags = { httpOnly: true, sameSite: "Strict" } as const;
    await this.context.addCookies([{ ...cookie, ...flags, url: this.server.url }]);
  }

  /** Logs in as people do, on the page that asks for it. */
  async fillInLogin(password = this.server.password): Promise<void> {
    await this.page.getByLabel("Name or e-mail").fill(USER);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  /** Returns the violations of the rules for accessible pages. */
  async violations(): Promise<string[]> {
    // In a world of its own, which the policy of the page does not concern.
    const session = await this.context.newCDPSession(this.page);
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId } = await session.send("Page.createIsolatedWorld", {
      frameId: frameTree.frame.id,
    });
    const expression = `${AxeBuilder.source}
      axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        // What passed is not reported, and no file is fetched again.
        resultTypes: ["violations"],
        preload: false,
      })
        .then(({ violations }) => violations.map((it) =>
          it.id + ": " + it.nodes.map((node) => node.html + " " + node.failureSummary).join("; ")))`;
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    await session.detach();
    return result.value as string[];
  }

  /** Saves a picture, if pictures are wanted. */
  async picture(name: string, { width, dark }: Look): Promise<void> {
    const directory = process.env.PICTURES;
    if (!directory) return;
    const path = `${directory}/${name}-${width}${dark ? "-dark" : ""}.png`;
    await this.page.screenshot({ path, fullPage: true });
  }

  /** Ends it. A complaint that was not expected fails the test. */
  async close(expected: RegExp[] = []): Promise<void> {
    await this.context.close();
    const unexpected = this.complaints.filter((it) => !expected.some((known) => known.test(it)));
    expect(unexpected).toEqual([]);
  }
}
