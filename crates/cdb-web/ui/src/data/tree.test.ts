import { describe, expect, it } from "vitest";
import type { Device, Stream } from "../api/objects.ts";
import { find, totals, tree } from "./tree.ts";

const device = (name: string, nickname = "", visible = true): Device => ({
  name,
  nickname,
  description: "",
  visible,
});
const stream = (device: string, name: string): Stream => ({
  device,
  name,
  nickname: "",
  description: "",
  datatype: "",
  schema: "{}",
  downlink: false,
});

const rows = tree(
  "mara",
  [device("meta", "", false), device("garden", "Garden station"), device("phone")],
  [
    stream("garden", "temperature"),
    stream("phone", "battery"),
    stream("garden", "humidity"),
    stream("new", "unknown"),
    stream("meta", "log"),
  ],
  [
    { stream: "mara/garden/temperature", length: 3, last: { t: 30, d: 7.8 } },
    { stream: "mara/garden/humidity", length: 2, last: { t: 20, d: 84 } },
    { stream: "mara/phone/battery", length: 0, last: null },
  ],
);

describe("tree", () => {
  it("has the streams of each device, and the newest time", () => {
    expect(rows.map((row) => [row.path, row.streams.map((it) => it.path), row.lastT])).toEqual([
      ["mara/garden", ["mara/garden/temperature", "mara/garden/humidity"], 30],
      ["mara/phone", ["mara/phone/battery"], undefined],
    ]);
    expect(totals(rows)).toEqual({ devices: 2, streams: 3, points: 5 });
  });

  it("is searched by names and nicknames", () => {
    const found = (words: string) =>
      find(rows, words).flatMap((row) => row.streams.map((it) => it.stream.name));
    expect(found("  ")).toHaveLength(3);
    expect(found("STATION")).toEqual(["temperature", "humidity"]);
    expect(found("garden hum")).toEqual(["humidity"]);
    expect(found("battery")).toEqual(["battery"]);
    expect(found("nothing")).toEqual([]);
  });
});
