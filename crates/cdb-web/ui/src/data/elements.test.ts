import { describe, expect, it } from "vitest";
import { Elements } from "./elements.ts";

function read(text: string, size: number): { all: unknown[]; isWhole: boolean } {
  const elements = new Elements();
  const all: unknown[] = [];
  for (let at = 0; at < text.length; at += size)
    all.push(...elements.push(text.slice(at, at + size)));
  return { all, isWhole: elements.isWhole };
}

const points = [
  { t: 1, d: 5 },
  { t: 2, d: 'a "quoted" ] } \\ text' },
  { t: 3, d: { a: [1, { b: [] }], c: "\\" } },
  {},
  { t: 4, d: [[[]], "\u{1f600}"] },
];

describe("the elements of an array", () => {
  it("are read from pieces of any size", () => {
    const text = JSON.stringify(points);
    for (const size of [1, 2, 3, 7, 20, text.length]) {
      expect(read(text, size), `${size}`).toEqual({ all: points, isWhole: true });
    }
    expect(read(`  [ ${JSON.stringify(points[0])} , {} ]\n`, 4).all).toEqual([points[0], {}]);
  });

  it("may be none", () => {
    expect(read("[]", 1)).toEqual({ all: [], isWhole: true });
  });

  it("are not all there when the text was cut", () => {
    const text = JSON.stringify(points);
    expect(read(text.slice(0, -1), 5).isWhole).toBe(false);
    expect(read(text.slice(0, 30), 5)).toEqual({ all: [points[0]], isWhole: false });
  });
});
