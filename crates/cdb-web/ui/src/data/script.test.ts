import { describe, expect, it } from "vitest";
import { mended, nameBefore, quoted, scriptError, tokens } from "./script.ts";

describe("the words of a script", () => {
  it("are what they are in the language", () => {
    const all = tokens(`if $("a b")>=-20.5 | map(weekday('Local'), mean)`);
    const kinds = all.filter(({ kind }) => kind !== "space").map(({ kind, text }) => [kind, text]);
    expect(kinds.slice(0, 10)).toEqual([
      ["word", "if"],
      ["name", "$"],
      ["symbol", "("],
      ["string", '"a b"'],
      ["symbol", ")"],
      ["symbol", ">="],
      ["symbol", "-"],
      ["number", "20.5"],
      ["symbol", "|"],
      ["name", "map"],
    ]);
  });

  it("are all of it, whatever was typed", () => {
    for (const script of ["", "'no end", '"a\\"b', "a ä 😀 & 1.", "\n\t x", "\\"]) {
      expect(
        tokens(script)
          .map(({ text }) => text)
          .join(""),
      ).toBe(script);
    }
  });

  it("may be the start of a longer one", () => {
    expect(nameBefore("if $ > 5 | me", 13)?.text).toBe("me");
    expect(nameBefore("if $ > 5 | mean", 13)).toBeUndefined();
    expect(nameBefore("if 'me", 6)).toBeUndefined();
    expect(nameBefore("", 0)).toBeUndefined();
  });

  it("are quoted so that they come out as they are", () => {
    expect(quoted("it's\n\\")).toBe("'it\\'s\\n\\\\'");
  });
});

describe("what is wrong with a script", () => {
  it("has its place and what was meant", () => {
    const script = "if $ > -20 | while(day==next:day, maen)";
    const error = scriptError(
      `Script '${script}': Transform maen not found (line 1, column 35; did you mean mean?)`,
      script,
    );
    expect(error).toEqual({
      message: "Transform maen not found",
      at: 34,
      length: 4,
      suggestion: "mean",
    });
    expect(mended(script, error)).toBe("if $ > -20 | while(day==next:day, mean)");
  });

  it("is in the right line, behind any characters", () => {
    const script = "contains('😀') |\n zork";
    const error = scriptError(`Script '${script}': No (line 2, column 2)`, script);
    expect(script.slice(error.at)).toBe("zork");
    const same = scriptError(
      `Script 'contains("😀") & 1': x (line 1, column 15)`,
      'contains("😀") & 1',
    );
    expect('contains("😀") & 1'.slice(same.at)).toBe("& 1");
  });

  it("may have no place, or be at the end", () => {
    expect(scriptError("Could not find 'a' in {}", "$('a')").at).toBeUndefined();
    expect(scriptError("Script 'if ((': syntax error (line 1, column 6)", "if ((")).toMatchObject({
      message: "syntax error",
      at: 5,
      length: 0,
    });
  });
});
