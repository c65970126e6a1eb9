import { expect, it } from "vitest";
import { forget, remember, remembered } from "./remembered.ts";

it("remembers what it was told, until it forgets that and nothing else", () => {
  localStorage.setItem("draft:a/b/c", "First frost");
  remember("today:mara", [{ path: "a/b/c", t: 1.5 }]);
  expect(remembered("today:mara")).toEqual([{ path: "a/b/c", t: 1.5 }]);
  expect(remembered("today:ada")).toBeUndefined();
  forget();
  expect(remembered("today:mara")).toBeUndefined();
  expect(localStorage.getItem("draft:a/b/c")).toBe("First frost");
  localStorage.setItem("seen:x", "{");
  expect(remembered("x")).toBeUndefined();
});
