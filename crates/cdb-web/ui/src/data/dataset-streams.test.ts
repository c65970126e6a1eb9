import { describe, expect, it } from "vitest";
import { findStreams, hasNumbers, type OwnStream, shortPath } from "./dataset-streams.ts";

function own(path: string, nickname: string, device: string, schema: string, d: unknown) {
  const [, name = ""] = /([^/]+)$/.exec(path) ?? [];
  const stream = { device: "", name, nickname, description: "", datatype: "", downlink: false };
  const latest = { stream: path, length: 1, last: { t: 1, d } };
  return { path, device, stream: { ...stream, schema }, latest } satisfies OwnStream;
}

const all = [
  own("mara/user/mood", "How I feel", "By hand", '{"type":"integer"}', 5),
  own("mara/phone/steps", "", "Phone", "{}", 5),
  own("mara/phone/on", "", "Phone", '{"type":"boolean"}', true),
  own("mara/phone/note", "", "Phone", "{}", "5"),
];

describe("streams to choose from", () => {
  it("are found by nickname, path and device", () => {
    const found = (words: string) => findStreams(all, words).map(({ stream }) => stream.name);
    expect(found("feel")).toEqual(["mood"]);
    expect(found("MARA/phone/ST")).toEqual(["steps"]);
    expect(found("phone o")).toEqual(["steps", "on", "note"]);
    expect(found("by hand mood")).toEqual(["mood"]);
    expect(found("zork")).toEqual([]);
    expect(found(" ")).toHaveLength(4);
  });

  it("have short names in a sentence", () => {
    const paths = ["mara/user/mood", "mara/phone/steps", "anna/user/mood"];
    expect(paths.map((path) => shortPath(path, "mara"))).toEqual([
      "mood",
      "phone/steps",
      "anna/user/mood",
    ]);
  });

  it("have numbers by their schema, or by their last value", () => {
    expect(all.map(hasNumbers)).toEqual([true, true, true, false]);
  });
});
