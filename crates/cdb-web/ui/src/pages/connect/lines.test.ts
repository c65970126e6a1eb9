import { describe, expect, it } from "vitest";
import { complaint } from "../../data/check.ts";
import type { Schema } from "../../data/schema.ts";
import { kindOf, MEASUREMENTS, nameOf, OTHERS, sampleOf, schemaOfKind } from "./kinds.ts";
import { isLoopback, LANGUAGES } from "./lines.ts";

const point = (sample: unknown) => ({
  server: "https://home.example",
  key: "3f9c",
  path: "mara/greenhouse/temperature",
  sample,
});

const lines = (id: string, sample: unknown) =>
  LANGUAGES.find((it) => it.id === id)
    ?.lines(point(sample))
    .join("\n");

describe("lines of a first datapoint", () => {
  it("are quoted for the shell", () => {
    expect(lines("curl", "it's")).toBe(
      "curl -u :3f9c \\\n  https://home.example/api/v1/crud/mara/greenhouse/temperature/data \\\n" +
        `  -d '[{"d":"it'\\''s"}]'`,
    );
    expect(lines("cdb", 21.5)).toBe(
      "cdb --url https://home.example --apikey 3f9c \\\n  insert temperature 21.5",
    );
    expect(lines("cdb", "two words")).toMatch(/insert temperature '"two words"'$/);
  });

  it("have values as the language writes them", () => {
    expect(lines("python", true)).toMatch(/\["temperature"\]\.insert\(True\)$/);
    expect(lines("rust", true)).toContain('stream("temperature")?.insert(true).await');
    expect(lines("rust", { a: 1 })).toContain('insert(serde_json::json!({"a":1})).await');
  });
});

describe("isLoopback", () => {
  it("knows the addresses that no other device reaches", () => {
    const local = [
      "http://127.0.0.1:3124",
      "http://localhost",
      "http://[::1]:1",
      "http://127.8.8.8",
    ];
    expect(local.map(isLoopback)).toEqual(local.map(() => true));
    const others = [
      "http://192.168.1.2:3124",
      "https://home.example",
      "http://127.example.com",
      "x",
    ];
    expect(others.map(isLoopback)).toEqual(others.map(() => false));
  });
});

describe("kinds", () => {
  it("have schemas and values that fit", () => {
    const content = (id: string, words = "") => {
      const schema = schemaOfKind(kindOf(id), words);
      return [schema, sampleOf({ datatype: kindOf(id).datatype, schema: JSON.stringify(schema) })];
    };
    expect(content("temperature.celsius")).toEqual([{ type: "number" }, 21.5]);
    expect(content("choice", "good, bad")).toEqual([
      { type: "string", enum: ["good", "bad"] },
      "good",
    ]);
    expect(content("rating")[1]).toBe(7);
    for (const { id } of [...MEASUREMENTS, ...OTHERS]) {
      const [schema, sample] = content(id, "a");
      expect(complaint(schema as Schema, sample), id).toBeUndefined();
    }
    expect(kindOf("zork").id).toBe("temperature.celsius");
  });

  it("name a device as the server takes it", () => {
    const names = ["Greenhouse sensor", "Küche 2", "2nd floor", "  ", "a".repeat(40), "Pi (old)"];
    expect(names.map(nameOf)).toEqual([
      "greenhouse-sensor",
      "kuche-2",
      "nd-floor",
      "",
      "a".repeat(29),
      "pi-old",
    ]);
  });
});
