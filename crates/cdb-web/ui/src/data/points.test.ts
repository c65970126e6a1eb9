import { describe, expect, it } from "vitest";
import type { Datapoint } from "../api/objects.ts";
import { Points } from "./points.ts";

/** A stream whose values are their indexes, and which ranges were asked for. */
function stream(length: number) {
  const asked: [number, number][] = [];
  const state = { length, answer: () => {} };
  const read = async (_: string, first: number, end: number, signal?: AbortSignal) => {
    asked.push([first, end]);
    await new Promise<void>((resolve, reject) => {
      state.answer = resolve;
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
    const count = Math.max(Math.min(end, state.length) - first, 0);
    return Array.from({ length: count }, (_, i): Datapoint => ({ t: first + i, d: first + i }));
  };
  const points = new Points("u/d/s", read);
  const come = async () => {
    const { value } = points.version;
    state.answer();
    await expect.poll(() => points.version.value).not.toBe(value);
  };
  return { asked, state, points, come };
}

describe("points", () => {
  it("are asked for once, in chunks", async () => {
    const { asked, points, come } = stream(1000);
    points.want(300, 340, 1000);
    expect(points.at(300)).toBeUndefined();
    await come();
    expect(points.at(300)?.d).toBe(300);
    expect(points.at(256)?.d).toBe(256);
    points.want(256, 512, 1000);
    expect(asked).toEqual([[256, 512]]);
  });

  it("come when the stream has grown", async () => {
    const { asked, points, come, state } = stream(10);
    points.want(0, 10, 10);
    await come();
    expect(points.at(10)).toBeUndefined();
    state.length = 11;
    points.want(0, 11, 11);
    await come();
    expect(points.at(10)?.d).toBe(10);
    expect(asked).toHaveLength(2);
  });

  it("are not waited for when they are not looked at any more", async () => {
    const { asked, points, come } = stream(100_000);
    points.want(0, 40, 100_000);
    points.want(50_000, 50_040, 100_000);
    await come();
    await expect.poll(() => points.at(50_000)?.d).toBe(50_000);
    expect(points.at(0)).toBeUndefined();
    expect(points.error.value).toBeUndefined();
    points.want(0, 40, 100_000);
    expect(asked.at(-1)).toEqual([0, 256]);
  });

  it("are asked for anew after a change", async () => {
    const { asked, points, come } = stream(1000);
    points.want(0, 300, 1000);
    await come();
    points.forget(256);
    expect(points.at(256)).toBeUndefined();
    points.want(200, 300, 1000);
    expect(asked.filter(([first]) => first === 256)).toHaveLength(2);
  });

  it("are others when the newest ones are", async () => {
    const { points, come } = stream(100);
    points.see([{ t: 99, d: 99 }], 100);
    expect(points.at(99)?.d).toBe(99);
    points.want(0, 100, 100);
    await come();
    points.see([{ t: 99, d: 99 }], 100);
    expect(points.at(5)?.d).toBe(5);
    points.see([{ t: 99, d: 98 }], 100);
    expect(points.at(5)).toBeUndefined();
    expect(points.at(99)?.d).toBe(98);
  });
});
