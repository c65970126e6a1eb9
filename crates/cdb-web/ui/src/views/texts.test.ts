import { describe, expect, it } from "vitest";
import { searchFor, wordsOf } from "./texts.tsx";

describe("a search", () => {
  it("is a script, from which the words come back", () => {
    expect(searchFor("frost")).toBe("if regex('(?i)frost')");
    for (const words of ["frost", "it's", "a.b*c", "(why?)", "50 €", "back\\slash"]) {
      expect(wordsOf(searchFor(words)), words).toBe(words);
    }
    expect(searchFor("  ")).toBe("");
    expect(wordsOf("")).toBe("");
    expect(wordsOf("if contains('x')")).toBe("");
  });
});
