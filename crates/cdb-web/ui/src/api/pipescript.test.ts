import { describe, expect, it } from "vitest";
import { exampleOf, mistakeOf, type Transform } from "./pipescript.ts";

describe("exampleOf", () => {
  it("finds the script, and what goes in and out", () => {
    const documentation =
      "Sums.\n\n```\nsum\n```\n\nmakes of\n\n```json\n[1]\n```\n\nthis:\n\n```json\n[2]\n```";
    expect(exampleOf({ documentation } as Transform)).toEqual({
      script: "sum",
      given: "[1]",
      gives: "[2]",
    });
    expect(exampleOf({ documentation: "None." } as Transform)).toBeUndefined();
  });
});

describe("mistakeOf", () => {
  it("finds the place of a mistake", () => {
    expect(
      mistakeOf("Script 'if $ = 5': syntax error (line 1, column 6; did you mean ==?)"),
    ).toEqual({ line: 1, column: 6, words: "syntax error: did you mean ==?" });
    expect(mistakeOf("Script 'map(zork)': Transform zork not found (line 1, column 5)")).toEqual({
      line: 1,
      column: 5,
      words: "Transform zork not found",
    });
    expect(mistakeOf("The server is full.")).toBeUndefined();
  });
});
