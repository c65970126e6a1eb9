import { describe, expect, it } from "vitest";
import type { Device, Stream } from "../api/objects.ts";
import { countsOf, linesOf, searchOf, type View, viewOf } from "./fleet.ts";
import { tree } from "./tree.ts";

const device = (name: string) => ({ name, nickname: "", visible: true }) as Device;
const stream = (device: string, name: string, downlink = false) =>
  ({ device, name, nickname: "", downlink }) as Stream;
const rows = tree(
  "mara",
  [device("user"), device("shed"), device("lamp")],
  [stream("user", "mood"), stream("shed", "t2"), stream("shed", "t10"), stream("lamp", "on", true)],
  [
    { stream: "mara/user/mood", length: 5, last: { t: 50, d: 8 } },
    { stream: "mara/shed/t2", length: 9, last: { t: 30, d: 1 } },
    { stream: "mara/shed/t10", length: 1, last: { t: 40, d: 1 } },
  ],
);
const isSilent = (path: string) => path === "mara/shed";
const names = (search: string) =>
  linesOf(rows, viewOf(search), isSilent).map((line) =>
    line.kind === "device" ? line.row.device.name.toUpperCase() : line.row.stream.name,
  );

describe("the lines of devices", () => {
  it("are devices with their streams, in the order of creation", () => {
    expect(names("")).toEqual(["USER", "mood", "SHED", "t2", "t10", "LAMP", "on"]);
    const lines = linesOf(rows, viewOf(""), isSilent);
    expect(lines.map((line) => (line.kind === "stream" ? line.group : "-"))).toEqual([
      "-",
      0,
      "-",
      2,
      2,
      "-",
      5,
    ]);
  });

  it("are those that are asked for", () => {
    const single = linesOf(rows.slice(1, 2), viewOf("?closed=shed"), isSilent, true);
    expect(single.map(({ row }) => row.path)).toEqual(["mara/shed/t2", "mara/shed/t10"]);
    expect(names("?show=silent")).toEqual(["SHED", "t2", "t10"]);
    expect(names("?show=controls")).toEqual(["LAMP", "on"]);
    expect(names("?show=hand")).toEqual(["USER", "mood"]);
    expect(names("?find=t10")).toEqual(["SHED", "t10"]);
    expect(names("?closed=shed,lamp")).toEqual(["USER", "mood", "SHED", "LAMP"]);
    expect(countsOf(rows, isSilent)).toEqual({ all: 4, silent: 1, controls: 1, hand: 1 });
  });

  it("are ordered, numbers in names as numbers", () => {
    // The device `user` is called "By hand".
    expect(names("?order=name")).toEqual(["USER", "mood", "LAMP", "on", "SHED", "t2", "t10"]);
    expect(names("?order=age")).toEqual(["USER", "mood", "SHED", "t10", "t2", "LAMP", "on"]);
    expect(names("?order=-points")).toEqual(["LAMP", "on", "USER", "mood", "SHED", "t10", "t2"]);
  });
});

describe("a view", () => {
  it("is what its address says", () => {
    for (const search of ["", "?find=a+b&show=silent&order=-age&closed=a%2Cb", "?order=name"]) {
      expect(searchOf(viewOf(search))).toBe(search);
    }
    const plain: View = { words: "", show: "all", order: undefined, isReversed: false, closed: [] };
    expect(viewOf("?show=zork&order=zork")).toEqual(plain);
  });
});
