import { describe, expect, it } from "vitest";
import type { Stream } from "../api/objects.ts";
import { parse } from "../data/schema.ts";
import { choice } from "./choice.tsx";
import { counter } from "./counter.tsx";
import { diary } from "./diary.tsx";
import { form } from "./form.tsx";
import { json } from "./json.tsx";
import { location } from "./location.tsx";
import { number } from "./number.tsx";
import { inputFor } from "./registry.ts";
import { slider } from "./slider.tsx";
import { stars } from "./stars.tsx";
import { timer } from "./timer.tsx";
import { toggle } from "./toggle.tsx";

const input = (schema: string, datatype = "") =>
  inputFor({ datatype, schema } as Stream, parse(schema));

describe("inputFor", () => {
  it("follows the datatype, and otherwise the schema", () => {
    const rating = '{"type":"integer","minimum":0,"maximum":10}';
    expect(input(rating, "rating.stars")).toBe(stars);
    expect(input(rating, "rating.stars.mood")).toBe(stars);
    expect(input(rating, "rating.starship")).toBe(slider);
    expect(input('{"type":"integer","maximum":100}', "rating.stars")).toBe(number);
    expect(input('{"type":"integer"}', "number.count")).toBe(counter);
    expect(input('{"type":"string","enum":["a","b"]}')).toBe(choice);
    expect(input('{"type":"boolean"}')).toBe(toggle);
    expect(input('{"type":"number","minimum":5,"maximum":5}')).toBe(number);
    expect(input('{"type":"string"}')).toBe(diary);
    const place = '{"type":"object","properties":{"latitude":{},"longitude":{}}}';
    expect(input(place)).toBe(location);
    expect(input('{"type":"integer"}', "duration.sleep")).toBe(timer);
    expect(input('{"type":"object","properties":{"a":{"type":"string"}}}')).toBe(form);
    expect(input('{"type":"object","properties":{"a":{}}}')).toBe(json);
  });

  it("takes JSON for everything else", () => {
    for (const schema of ["{}", '{"type":"array"}', '{"type":"object"}', "not JSON", "null", "5"]) {
      expect(input(schema)).toBe(json);
    }
  });
});
