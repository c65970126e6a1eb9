import { describe, expect, it } from "vitest";
import { complaint, isEqual } from "./check.ts";

describe("complaint", () => {
  it("says what does not fit, and where", () => {
    const meal = {
      type: "object",
      properties: {
        name: { type: "string", minLength: 1 },
        calories: { type: "integer", minimum: 0, maximum: 5000 },
        parts: { type: "array", items: { type: "string" }, maxItems: 2 },
      },
      required: ["name"],
      additionalProperties: false,
    };
    expect(complaint(meal, { name: "soup", calories: 300, parts: ["leek"] })).toBeUndefined();
    expect(complaint(meal, 5)).toBe("5 is not an object.");
    expect(complaint(meal, {})).toBe("name is missing.");
    expect(complaint(meal, { name: "" })).toContain("At least 1 characters");
    expect(complaint(meal, { name: "a", calories: 1.5 })).toBe(
      "calories: 1.5 is not a whole number.",
    );
    expect(complaint(meal, { name: "a", calories: -1 })).toBe("calories: -1 is smaller than 0.");
    expect(complaint(meal, { name: "a", calories: 6000 })).toContain("larger than 5000");
    expect(complaint(meal, { name: "a", parts: ["b", 1] })).toBe("parts[1]: 1 is not a text.");
    expect(complaint(meal, { name: "a", parts: ["a", "b", "c"] })).toContain("too many");
    expect(complaint(meal, { name: "a", fat: 1 })).toContain("no fat");
  });

  it("leaves what it does not know to the server", () => {
    expect(complaint({}, null)).toBeUndefined();
    expect(complaint({ pattern: "[" }, "a")).toBeUndefined();
    expect(complaint({ pattern: "^a" }, "b")).toContain("does not match");
    expect(complaint({ enum: ["a", { b: 1 }] }, { b: 1 })).toBeUndefined();
    expect(complaint({ enum: ["a"] }, "b")).toBe('"b" is not one of "a".');
  });
});

describe("isEqual", () => {
  it("compares values as JSON", () => {
    expect(isEqual({ a: [1, null], b: "x" }, { b: "x", a: [1, null] })).toBe(true);
    expect(isEqual({ a: 1 }, { b: 1 })).toBe(false);
    expect(isEqual([], {})).toBe(false);
    expect(isEqual(null, 0)).toBe(false);
  });
});
