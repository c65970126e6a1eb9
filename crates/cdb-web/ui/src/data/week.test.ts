import { expect, it } from "vitest";
import { preferences } from "./preferences.ts";
import { weekStart, weekStartOf } from "./week.ts";

it("begins weeks as the language does, unless a person has chosen a day", () => {
  expect(["de-DE", "en-GB", "en-US", "ar-EG"].map(weekStartOf)).toEqual([0, 0, 6, 5]);
  const before = preferences.value;
  preferences.value = { ...before, firstDay: 2 };
  expect(weekStart.value).toBe(2);
  preferences.value = before;
  expect(weekStart.value).toBe(weekStartOf(navigator.language));
});
