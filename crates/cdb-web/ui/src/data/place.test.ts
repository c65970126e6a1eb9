import { describe, expect, it } from "vitest";
import { placeOf } from "./place.ts";

const at = (...parts: [number, number, number, number?, number?, number?]) => ({
  t: new Date(...parts).getTime() / 1000,
});

describe("a place in a stream", () => {
  it("is the number of a datapoint, however it is written", () => {
    for (const words of ["11142880", " 11,142,880 ", "11.142.880", "11 142 880"]) {
      expect(placeOf(words)).toEqual({ index: 11_142_880 });
    }
  });

  it("is a time here, or one with its zone", () => {
    expect(placeOf("2026-11-12")).toEqual(at(2026, 10, 12));
    expect(placeOf("2026-11-12 18:42")).toEqual(at(2026, 10, 12, 18, 42));
    expect(placeOf("12 Nov 2026 18:42:03")).toEqual(at(2026, 10, 12, 18, 42, 3));
    expect(placeOf("2026-11-12T18:42:03Z")).toEqual({
      t: Date.UTC(2026, 10, 12, 18, 42, 3) / 1000,
    });
    expect(placeOf("18:42", new Date(2026, 10, 12, 9).getTime() / 1000)).toEqual(
      at(2026, 10, 12, 18, 42),
    );
  });

  it("is nothing else", () => {
    expect(["", "zork", "-5", "25 o'clock"].map((words) => placeOf(words))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
