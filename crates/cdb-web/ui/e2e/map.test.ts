import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOOKS, launch, Tab, WIDE } from "./browser.ts";
import { Server, USER } from "./server.ts";

let server: Server;
let browser: Browser;

const PLACE = {
  type: "object",
  properties: { latitude: { type: "number" }, longitude: { type: "number" } },
};

// A walk along a circle, an hour in steps of ten seconds.
const START = 1_790_000_000;
const walk = Array.from({ length: 361 }, (_, i) => ({
  t: START + i * 10,
  d: {
    latitude: 52.52 + 0.01 * Math.sin((i / 180) * Math.PI),
    longitude: 13.4 + 0.016 * Math.cos((i / 180) * Math.PI),
    accuracy: 40,
    speed: i / 100,
  },
}));

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
  await server.createDevice("phone");
  await server.createStream(`${USER}/phone/walk`, PLACE, "", "location");
  await server.insert(`${USER}/phone/walk`, walk);
  await server.createStream(`${USER}/user/place`, PLACE, "Where I am", "location");
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, look = WIDE): Promise<Tab> {
  const tab = await Tab.at(browser, server, path, look);
  await tab.page.getByRole("heading", { level: 1 }).waitFor();
  await tab.page.getByRole("button", { name: "Log in" }).waitFor({ state: "detached" });
  return tab;
}

/** The colour of the map at a place, in parts of its size. */
async function colourAt(tab: Tab, x: number, y: number): Promise<string> {
  return await tab.page.evaluate(`(() => {
    const canvas = document.querySelector(".world canvas");
    const at = [canvas.width * ${x}, canvas.height * ${y}].map(Math.round);
    return canvas.getContext("2d").getImageData(...at, 1, 1).data.slice(0, 3).join(" ");
  })()`);
}

describe("the map of a stream", () => {
  it("shows where one was, last, and is read with the keyboard", async () => {
    const tab = await open(`/${USER}/phone/walk`);
    const map = tab.page.getByRole("application", { name: /^Map of .*walk, 361 places$/ });
    await map.focus();
    const readout = tab.page.locator(".map-readout");
    expect(await readout.textContent()).toContain("52.52, 13.416± 40 m");
    await tab.page.keyboard.press("ArrowLeft");
    await readout.getByText("52.51983, 13.416").waitFor();
    await tab.page.keyboard.press("Home");
    await tab.page.keyboard.press("ArrowRight");
    await readout.getByText("52.52017, 13.416").waitFor();
    await tab.page.keyboard.press("End");
    await readout.getByText("52.52, 13.416").waitFor();
    // The table has the same.
    await tab.page.getByText("The last 50 places as a table").press("Enter");
    const row = tab.page.getByRole("table").first().getByRole("row").nth(1);
    expect(await row.textContent()).toMatch(/52\.52, 13\.41640 m$/);
    await tab.close();
  });

  it("is moved and zoomed by keys, by the mouse and by the wheel", async () => {
    const tab = await open(`/${USER}/phone/walk`);
    const map = tab.page.getByRole("application");
    const look = () => tab.page.evaluate("document.querySelector('canvas').toDataURL()");
    await map.focus();
    const start = await look();
    await tab.page.keyboard.press("+");
    await expect.poll(look).not.toEqual(start);
    await tab.page.keyboard.press("0");
    await expect.poll(look).toEqual(start);
    await tab.page.keyboard.press("Shift+ArrowLeft");
    await tab.page.keyboard.press("ArrowDown");
    await expect.poll(look).not.toEqual(start);
    await tab.page.keyboard.press("ArrowUp");
    await tab.page.keyboard.press("Shift+ArrowRight");
    await expect.poll(look).toEqual(start);
    const box = await map.boundingBox();
    const [x, y] = [(box?.x ?? 0) + 200, (box?.y ?? 0) + 200];
    await tab.page.mouse.move(x, y);
    await tab.page.mouse.down();
    await tab.page.mouse.move(x + 90, y + 40, { steps: 3 });
    await tab.page.mouse.up();
    await expect.poll(look).not.toEqual(start);
    const dragged = await look();
    await tab.page.mouse.wheel(0, -300);
    await expect.poll(look).not.toEqual(dragged);
    await tab.page.getByRole("button", { name: "Show everything" }).click();
    await map.focus();
    await expect.poll(look).toEqual(start);
    await tab.close();
  });

  it("is coloured by a second key, which the address keeps", async () => {
    const tab = await open(`/${USER}/phone/walk`);
    await tab.page.getByLabel("Colour by").selectOption("speed");
    const scale = tab.page.locator(".scale");
    expect(await scale.textContent()).toBe("03.6");
    expect(tab.page.url()).toContain("?colour=speed");
    await tab.page.getByText("speed 3.6", { exact: true }).waitFor();
    await tab.page.reload();
    await scale.waitFor();
    // The oldest place is at the right, where it is lightest; the newest lies upon it. The oldest quarter
    // ends at the top.
    const colours = await tab.page.evaluate(`(() => {
      const canvas = document.querySelector(".world canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const found = new Set();
      for (let i = 0; i < data.length; i += 4) found.add(data.slice(i, i + 3).join(" "));
      return [...found];
    })()`);
    for (const heat of ["168 208 195", "121 183 166", "72 155 135"]) {
      expect(colours).toContain(heat.replace("72", "73"));
    }
    await tab.close();
  });

  it("has land in it, and follows what is written", async () => {
    // A name of its own for each try.
    const path = `${USER}/phone/far${Date.now()}`;
    await server.createStream(path, PLACE, "", "location");
    const tab = await open(`/${path}`);
    await tab.page.getByText("Nothing has been written to this stream yet.").waitFor();
    // From Sydney to New York, over the Pacific.
    await server.insert(path, [
      { t: START, d: { latitude: -33.9, longitude: 151.2 } },
      { t: START + 60, d: { latitude: 40.7, longitude: -74 } },
    ]);
    await tab.page.getByRole("application", { name: /2 places$/ }).waitFor();
    await tab.picture("map-far", WIDE);
    await expect.poll(() => colourAt(tab, 0.5, 0.55)).toBe("255 255 255");
    // Australia, at the left below.
    await expect.poll(() => colourAt(tab, 0.16, 0.78)).toBe("240 238 232");
    await server.insert(path, [{ t: START + 90, d: { latitude: 41, longitude: -75 } }]);
    await tab.page.getByRole("application", { name: /3 places$/ }).waitFor();
    await tab.page.getByText("41, −75").first().waitFor();
    await tab.close();
  });

  it("asks for a bounded number of places", async () => {
    const many = Array.from({ length: 9000 }, (_, i) => ({
      t: START + i,
      d: { latitude: i / 200, longitude: 10 },
    }));
    const path = `${USER}/phone/long${Date.now()}`;
    await server.createStream(path, PLACE);
    await server.insert(path, many);
    const tab = await Tab.open(browser, server);
    const answers: Promise<string>[] = [];
    tab.page.on("response", (response) => {
      if (response.url().includes("if%20i%25")) answers.push(response.text());
    });
    await tab.logIn();
    await tab.goto(`/${path}`);
    await tab.page.getByText("Every 5th of 9,000 places is drawn.").waitFor();
    const points = JSON.parse((await answers[0]) ?? "[]");
    expect(points.length).toBe(1801);
    expect(points.at(-1).d.latitude).toBe(8999 / 200);
    await tab.close();
  });

  for (const look of LOOKS) {
    it(`is accessible, at ${look.width} px${look.dark ? " in the dark" : ""}`, async () => {
      const tab = await open(`/${USER}/phone/walk?colour=speed`, look);
      await tab.page.getByRole("application").waitFor();
      await tab.page.getByText("The last 50 places as a table").click();
      await tab.page.waitForLoadState("networkidle");
      await tab.picture("map", look);
      expect(await tab.violations()).toEqual([]);
      const tooWide = "document.documentElement.scrollWidth > innerWidth";
      expect(await tab.page.evaluate(tooWide)).toBe(false);
      await tab.close();
    });
  }
});

describe("the map of an input", () => {
  const last = async () => {
    const answer = await server.request("GET", `crud/${USER}/user/place/data?i1=-1`);
    return JSON.parse(answer)[0]?.d;
  };

  it("takes a place with a tap", async () => {
    const tab = await open(`/${USER}/user/place`, { width: 360, dark: false });
    await tab.page.getByRole("button", { name: "Map" }).click();
    const map = tab.page.getByRole("application", { name: "Map to say where" });
    await map.click();
    const latitude = tab.page.getByRole("textbox", { name: "Latitude" });
    await expect.poll(() => latitude.inputValue()).not.toBe("");
    await tab.picture("map-pick", { width: 360, dark: false });
    expect(await tab.violations()).toEqual([]);
    await tab.page.getByRole("button", { name: "Note" }).click();
    await expect.poll(last).toMatchObject({ longitude: expect.closeTo(0, 0) });
    await tab.close();
  });

  it("takes the place in its middle with the keyboard", async () => {
    const tab = await open(`/${USER}/user/place`);
    await tab.page.getByRole("button", { name: "Map" }).press("Enter");
    const map = tab.page.getByRole("application", { name: "Map to say where" });
    await map.focus();
    for (let presses = 0; presses < 3; presses++) await tab.page.keyboard.press("ArrowRight");
    await tab.page.keyboard.press("Enter");
    const longitude = tab.page.getByRole("textbox", { name: "Longitude" });
    await expect.poll(() => longitude.inputValue()).not.toBe("");
    expect(Number(await longitude.inputValue())).toBeGreaterThan(10);
    await tab.page.getByText(/^Picked: /).waitFor();
    await tab.close();
  });
});
