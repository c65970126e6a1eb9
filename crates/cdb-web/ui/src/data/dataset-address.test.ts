import { describe, expect, it } from "vitest";
import { addressOf, DEFAULT, parseQuestion, type Question } from "./dataset-address.ts";

describe("the address of a question", () => {
  const question: Question = {
    shape: "table",
    every: "value",
    x: "mara/user/mood",
    from: "2026-04-01",
    to: "2026-05-01",
    zone: "Europe/Berlin",
    columns: [
      { how: "mean", path: "mara/phone/steps" },
      { how: 'if $ > 5 : map($("a:b"), count)', path: "mara/garden/temperature" },
    ],
    isComplete: false,
  };

  it("has all of it", () => {
    expect(parseQuestion(addressOf(question, ""))).toEqual(question);
    const series: Question = { ...question, shape: "series", every: "day", x: "" };
    expect(parseQuestion(addressOf(series, ""))).toEqual(series);
    expect(addressOf(question, "")).toContain("column=mean:mara/phone/steps");
  });

  it("keeps what it has of others", () => {
    expect(addressOf(question, "?code=curl&from=30d")).toMatch(/^\?code=curl&every=value/);
  });

  it("is as by default where it says nothing, or nonsense", () => {
    expect(parseQuestion("")).toEqual(DEFAULT);
    const nonsense =
      "?every=zork&from=2026-02-30&to=soon&zone=Zork&keep=x&column=mean&column=mean:a/b";
    expect(parseQuestion(nonsense)).toEqual(DEFAULT);
  });
});
