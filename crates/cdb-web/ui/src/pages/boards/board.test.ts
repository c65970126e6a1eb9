import { describe, expect, it } from "vitest";
import { coloursOf, moved, nameFor, parseBoard, writeBoard } from "./board.ts";

describe("a board", () => {
  it("is read as it was written", () => {
    const views = [
      { kind: "plot" as const, title: "Temperature", streams: ["a/b/c", "a/b/d"] },
      { kind: "numbers" as const, title: "", streams: [] },
    ];
    const board = { views, range: "range=month" };
    expect(parseBoard(writeBoard(board))).toEqual(board);
    expect(parseBoard(writeBoard({ views, range: "" }))).toEqual({ views, range: "" });
  });

  it("is what is understood of what somebody else has written", () => {
    const texts = ["", "A description", "null", "[]", '{"views":{}}', '{"views":[null,1,{}]}'];
    expect(texts.map((it) => parseBoard(it).views)).toEqual([[], [], [], [], [], []]);
    const many = Array.from({ length: 14 }, (_, i) => `a/b/c${i}`);
    const odd = { views: [{ kind: "zork", title: 5, streams: ["a/b/c", "a/b/c", 1, ...many] }] };
    const [view] = parseBoard(JSON.stringify(odd)).views;
    expect(view).toMatchObject({ kind: "plot", title: "" });
    expect(view?.streams.slice(0, 2)).toEqual(["a/b/c", "a/b/c0"]);
    expect(view?.streams).toHaveLength(12);
  });

  it("has a view of a page as it was saved, and another kind of it", () => {
    const pinned = { view: "histogram", script: "map(bucket(5),count)", transform: "if $ > 1" };
    const view = { kind: "view" as const, title: "How often", streams: ["a/b/c"], pinned };
    const views = [view, { ...view, kind: "plot" as const }];
    expect(parseBoard(writeBoard({ views, range: "" })).views).toEqual(views);
    const { pinned: _, ...without } = view;
    expect(parseBoard(JSON.stringify({ views: [without], range: 5 }))).toEqual({
      views: [{ ...without, kind: "plot" }],
      range: "",
    });
  });

  it("has a name that a server takes, and no other board has", () => {
    expect(nameFor("Week in the garden", [])).toBe("week-in-the-garden");
    expect(nameFor("Week in the garden", ["Week-in-the-garden"])).toBe("week-in-the-garden-2");
    expect(nameFor("  7 Übungen: Ärger!", [])).toBe("u-bungen-a-rger");
    expect(nameFor("日本", [])).toBe("board");
    const long = nameFor("a".repeat(40), ["a".repeat(29)]);
    expect(long).toBe(`${"a".repeat(27)}-2`);
  });

  it("has a colour for each stream, the same in each view", () => {
    const view = (...streams: string[]) => ({ kind: "plot" as const, title: "", streams });
    expect([...coloursOf([view("a", "b"), view("c", "a")])]).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
  });

  it("is put in another order", () => {
    expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], 0, -1)).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
  });
});
