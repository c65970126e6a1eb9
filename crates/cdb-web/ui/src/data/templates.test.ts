import { describe, expect, it } from "vitest";
import { nameProblem } from "./names.ts";
import { contentOf, NO_DETAILS, problemOf, TEMPLATES, UNITS } from "./templates.ts";
import { unitOf } from "./unit.ts";

function template(id: string) {
  const found = TEMPLATES.find((it) => it.id === id);
  if (!found) throw new Error(id);
  return found;
}

describe("a template", () => {
  it("becomes a datatype and a schema with what is said of it", () => {
    expect(contentOf(template("number"), { ...NO_DETAILS, unit: "celsius" })).toEqual({
      datatype: "number.celsius",
      schema: { type: "number" },
    });
    const bounds = { ...NO_DETAILS, minimum: "−5", maximum: "1,5", unit: "celsius" };
    expect(contentOf(template("range"), bounds)).toEqual({
      datatype: "number.celsius",
      schema: { type: "number", minimum: -5, maximum: 1.5 },
    });
    expect(contentOf(template("choice"), { ...NO_DETAILS, choices: "good, bad,,good" })).toEqual({
      datatype: "",
      schema: { type: "string", enum: ["good", "bad"] },
    });
    const fields = [
      { name: "systolic", kind: "number" },
      { name: " ", kind: "number" },
      { name: "note", kind: "string" },
    ];
    expect(contentOf(template("object"), { ...NO_DETAILS, fields }).schema).toEqual({
      type: "object",
      properties: { systolic: { type: "number" }, note: { type: "string" } },
    });
    // What is not asked for is not taken over from another template.
    expect(contentOf(template("diary"), { ...bounds, choices: "a" }).schema).toEqual({
      type: "string",
    });
  });

  it("says what is wrong", () => {
    expect(problemOf(template("choice"), { ...NO_DETAILS, choices: " , " })).toBeDefined();
    expect(problemOf(template("object"), NO_DETAILS)).toBeDefined();
    const bounds = (minimum: string, maximum: string) =>
      problemOf(template("range"), { ...NO_DETAILS, minimum, maximum });
    expect(bounds("0", "100")).toBeUndefined();
    expect(bounds("0", "x")).toBe("This is no number.");
    expect(bounds("3", "3")).toBe("The largest must be larger than the smallest.");
    expect(problemOf(template("number"), NO_DETAILS)).toBeUndefined();
  });

  it("has units that are shown", () => {
    for (const unit of UNITS) expect(unitOf(`number.${unit}`), unit).not.toBe("");
  });
});

describe("a name", () => {
  it("is refused as the server does, in words", () => {
    expect(nameProblem("a-B_9")).toBeUndefined();
    expect(nameProblem("a".repeat(29))).toBeUndefined();
    expect(nameProblem("a".repeat(30))).toMatch(/at most 29 characters; this has 30/);
    expect(nameProblem("9a")).toMatch(/begins with a letter/);
    expect(nameProblem("my room")).toMatch(/no “ ”/);
    expect(nameProblem("größe")).toMatch(/no “ö”/);
  });
});
