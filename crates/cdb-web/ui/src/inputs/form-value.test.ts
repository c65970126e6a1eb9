import { describe, expect, it } from "vitest";
import { duration, readDuration } from "./duration.ts";
import { type Draft, emptyDraft, hasFields, valueOfDraft } from "./form-value.ts";

const MEAL = {
  type: "object",
  properties: {
    name: { type: "string" },
    grams: { type: "number", minimum: 0 },
    size: { enum: ["small", "large"] },
    parts: { type: "array", items: { type: "string" }, maxItems: 2 },
    place: {
      type: "object",
      properties: { city: { type: "string" }, floor: { type: "integer" } },
      required: ["city"],
    },
    warm: { type: "boolean", default: true },
  },
  required: ["name"],
};

function read(draft: Draft): [unknown, [string, string][]] {
  const problems = new Map<string, string>();
  const value = valueOfDraft(
    MEAL,
    { ...(emptyDraft(MEAL) as object), ...(draft as object) },
    problems,
  );
  return [value, [...problems]];
}

describe("fields of an object", () => {
  it("come to a value without what was not typed", () => {
    expect(emptyDraft(MEAL)).toEqual({
      name: "",
      grams: "",
      size: "",
      parts: [],
      place: { city: "", floor: "" },
      warm: "true",
    });
    expect(read({ name: "soup" })).toEqual([{ name: "soup", warm: true }, []]);
    const all = {
      name: "soup",
      grams: "1,5",
      size: '"large"',
      parts: ["leek"],
      place: { city: "Bern", floor: "2" },
      warm: "",
    };
    expect(read(all)[0]).toEqual({
      name: "soup",
      grams: 1.5,
      size: "large",
      parts: ["leek"],
      place: { city: "Bern", floor: 2 },
    });
  });

  it("say what is wrong, each at its place", () => {
    const wrong = {
      name: " ",
      grams: "-1",
      place: { city: "", floor: "2.5" },
      parts: ["a", "", "b"],
    };
    expect(read(wrong)[1].map(([place]) => place)).toEqual([
      "name",
      "grams",
      "parts[1]",
      "parts",
      "place.city",
      "place.floor",
    ]);
  });

  it("are there for what has a form, to a depth of four", () => {
    const nested = (depth: number): object =>
      depth === 1 ? { type: "string" } : { type: "object", properties: { a: nested(depth - 1) } };
    expect(hasFields(nested(4))).toBe(true);
    expect(hasFields(nested(5))).toBe(false);
    expect(hasFields({ type: "array", items: { type: "number" } })).toBe(true);
    expect(hasFields({ type: "array" })).toBe(false);
    expect(hasFields({})).toBe(false);
  });
});

describe("durations", () => {
  it("are read as people write them", () => {
    expect([0, 59.9, 3600, 36_061].map(duration)).toEqual([
      "0:00:00",
      "0:00:59",
      "1:00:00",
      "10:01:01",
    ]);
    const read = ["1:02:03", "45:00", "90 min", "1h 30m", "1,5 h", "20s"].map(readDuration);
    expect(read).toEqual([3723, 2700, 5400, 5400, 5400, 20]);
    expect(["", "soon", "5", "1:75"].map(readDuration)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
