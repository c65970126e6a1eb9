import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parsePreferences, startOfDay } from "./preferences.ts";

const at = (time: string) => Date.parse(time) / 1000;

describe("preferences", () => {
  it("are what was kept, as far as that is understood", () => {
    const kept = { theme: "dark", zone: "Europe/Berlin", firstDay: 5, hasShortcuts: false };
    expect(parsePreferences(JSON.stringify(kept))).toEqual(kept);
    const defaults = parsePreferences(null);
    expect(defaults).toEqual({
      theme: "system",
      zone: "",
      firstDay: undefined,
      hasShortcuts: true,
    });
    const strange = '{"theme":"pink","zone":"Nowhere/At_all","firstDay":7}';
    for (const odd of ["{", "null", "3", strange]) {
      expect(parsePreferences(odd)).toEqual(defaults);
    }
  });
});

describe("the start of a day", () => {
  it("is midnight in a zone", () => {
    const start = (time: string, zone: string) => startOfDay(at(time), zone);
    expect(start("2026-11-12T18:42:03.5Z", "UTC")).toBe(at("2026-11-12T00:00:00Z"));
    expect(start("2026-11-12T23:30:00Z", "Europe/Berlin")).toBe(at("2026-11-12T23:00:00Z"));
    expect(start("2026-11-12T23:00:00Z", "Europe/Berlin")).toBe(at("2026-11-12T23:00:00Z"));
  });

  it("is found across a change of the clock", () => {
    // Berlin goes from +1 to +2 on 29 March 2026, and back on 25 October.
    expect(startOfDay(at("2026-03-29T12:00:00Z"), "Europe/Berlin")).toBe(
      at("2026-03-28T23:00:00Z"),
    );
    expect(startOfDay(at("2026-10-25T12:00:00Z"), "Europe/Berlin")).toBe(
      at("2026-10-24T22:00:00Z"),
    );
  });
});

describe("the colours of the dark", () => {
  it("are the same whether the system or a person asks for them", () => {
    const tokens = readFileSync("src/style/tokens.css", "utf8");
    const block = (selector: string) =>
      (tokens.split(`${selector} {`)[1] ?? "").split("}")[0]?.replace(/\s+/g, " ");
    const bySystem = block(':root:not([data-theme="light"])');
    expect(bySystem).toContain("--bg");
    expect(block(':root[data-theme="dark"]')).toBe(bySystem);
  });
});
