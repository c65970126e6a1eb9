import { describe, expect, it } from "vitest";
import { Splitter, unique } from "./csv-split.ts";

/** The rows of a text that comes in pieces of a length. */
function rows(text: string, length: number, delimiter = ","): string[][] {
  const splitter = new Splitter(delimiter);
  const found: string[][] = [];
  for (let at = 0; at < text.length; at += length) {
    for (const { cells } of splitter.push(text.slice(at, at + length))) found.push(cells);
  }
  for (const { cells } of splitter.end()) found.push(cells);
  return found;
}

describe("Splitter", () => {
  const tables: [string, string[][]][] = [
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a,b\r1,2\r",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      'a,"b,""c""\nd"\n,\n1,2\n',
      [
        ["a", 'b,"c"\nd'],
        ["1", "2"],
      ],
    ],
    ['"x",y\n', [["x", "y"]]],
    [
      "a,\n\n\n,b",
      [
        ["a", ""],
        ["", "b"],
      ],
    ],
    [
      '5" pipe,1\n6" pipe,2',
      [
        ['5" pipe', "1"],
        ['6" pipe', "2"],
      ],
    ],
    ["", []],
  ];

  it("splits the same however the text comes", () => {
    for (const [text, expected] of tables) {
      for (const length of [1, 2, 3, 100]) expect(rows(text, length), text).toEqual(expected);
    }
  });

  it("counts rows as a spreadsheet does, and knows a quote that was not closed", () => {
    const splitter = new Splitter(";");
    const all = [...splitter.push("a;b\n\n1;2\n"), ...splitter.push('"x;3'), ...splitter.end()];
    expect(all.map(({ row }) => row)).toEqual([1, 3, 4]);
    expect(all.map(({ isOpen }) => isOpen ?? false)).toEqual([false, false, true]);
  });
});

describe("unique", () => {
  it("numbers equal names", () => {
    expect(unique(["a", "b", "a", "a"])).toEqual(["a", "b", "a (2)", "a (3)"]);
    expect(unique(["a", "a", "a (2)"])).toEqual(["a", "a (3)", "a (2)"]);
  });
});
