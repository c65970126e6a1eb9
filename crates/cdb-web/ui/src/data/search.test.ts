import { describe, expect, it } from "vitest";
import type { Device, Stream } from "../api/objects.ts";
import { entriesOf, entry, searchEntries } from "./search.ts";

const catalog = {
  user: "mara",
  devices: [
    { name: "user", nickname: "", visible: true },
    { name: "meta", nickname: "", visible: false },
    { name: "garden", nickname: "Station", visible: true },
  ] as Device[],
  streams: [
    { device: "garden", name: "temperature", nickname: "" },
    { device: "user", name: "w1", nickname: "Weight" },
    { device: "meta", name: "log", nickname: "" },
  ] as Stream[],
};
const entries = [entry("page", "Today", "", "/"), ...entriesOf(catalog)];
const found = (typed: string, most = 10) =>
  searchEntries(entries, typed, most).entries.map(({ to }) => to);

describe("search", () => {
  it("finds by name, nickname, path and device, in any order of words", () => {
    expect(found("toda")).toEqual(["/"]);
    expect(found("WEIGHT")).toEqual(["/mara/user/w1"]);
    expect(found("garden/temp")).toEqual(["/mara/garden/temperature"]);
    expect(found("temp station")).toEqual(["/mara/garden/temperature"]);
    expect(found("by hand")).toEqual(["/mara/user", "/mara/user/w1"]);
    expect(found("zork")).toEqual([]);
  });

  it("puts first what begins with what was typed", () => {
    expect(found("st")[0]).toBe("/mara/garden");
    expect(found("t")[0]).toBe("/");
    expect(found("t")[1]).toBe("/mara/garden/temperature");
  });

  it("counts what it leaves out", () => {
    expect(searchEntries(entries, "", 2)).toMatchObject({ count: 5 });
    expect(found("", 2)).toHaveLength(2);
  });
});
