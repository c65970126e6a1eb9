import { describe, expect, it } from "vitest";
import { jsonOf, kindOf, numberOf } from "./csv-cell.ts";

describe("numberOf", () => {
  it("keeps all digits, and writes what JSON does not allow otherwise", () => {
    const cells: [string, string][] = [
      ["21.50", "21.50"],
      ["+5", "5"],
      [".5", "0.5"],
      ["-.5", "-0.5"],
      ["−3", "-3"],
      ["5.", "5"],
      ["007", "7"],
      ["1e5", "1e5"],
      ["12345678901234567890123", "12345678901234567890123"],
    ];
    for (const [cell, json] of cells) expect(numberOf(cell, false), cell).toBe(json);
    expect(numberOf("21,5", true)).toBe("21.5");
    for (const cell of ["21,5", "", "-", "e", "1e999", "inf", "NaN", "0x10", "1 000", "."]) {
      expect(numberOf(cell, false), cell).toBeUndefined();
    }
    expect(numberOf("7,2,4", true)).toBeUndefined();
  });
});

describe("cells", () => {
  it("are of one kind in a column", () => {
    const kind = (...cells: string[]) => kindOf(cells, false);
    expect(kind("1", "2.5")).toBe("number");
    expect(kind("1", "unavailable", "3")).toBe("number");
    expect(kind("warm", "1", "cold")).toBe("text");
    expect(kind("1", "warm")).toBe("text");
    expect(kind("true", "FALSE")).toBe("boolean");
    expect(kind("[1]", "{}")).toBe("json");
    expect(kind("00123", "00124")).toBe("text");
    expect(kind()).toBeUndefined();
  });

  it("are JSON, or it is said why not", () => {
    expect(jsonOf("text", '42"', false)).toEqual({ json: '"42\\""' });
    expect(jsonOf("boolean", "True", false)).toEqual({ json: "true" });
    expect(jsonOf("json", "[1,2]", false)).toEqual({ json: "[1,2]" });
    expect(jsonOf("json", "warm", false)).toEqual({ json: '"warm"' });
    const problem = (cell: string, hasComma: boolean) => {
      const read = jsonOf("number", cell, hasComma);
      return "problem" in read ? read.problem : read.json;
    };
    expect(problem("7,2,4", true)).toBe("“7,2,4” is not a number: two decimal commas.");
    expect(problem("7,2", false)).toContain("choose the comma");
    expect(problem("unavailable", false)).toBe("“unavailable” is not a number.");
  });
});
