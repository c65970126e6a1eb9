import { expect, it } from "vitest";
import { moved, ordered } from "./order.ts";

it("what has a place comes first, what is new behind", () => {
  const sorted = (order: string[]) => ordered(["a", "b", "c", "d"], (it) => it, order).join("");
  expect(sorted([])).toBe("abcd");
  expect(sorted(["c", "gone", "a"])).toBe("cabd");
});

it("moves by one place, and not beyond the ends", () => {
  expect(moved(["a", "b", "c"], "b", -1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], "b", 1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], "a", -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "b", 1)).toEqual(["a", "b"]);
  expect(moved(["a"], "zork", 1)).toEqual(["a"]);
});
