import { describe, expect, it } from "vitest";
import { land } from "./land.ts";
import { project } from "./mercator.ts";

/** Whether a place is on land: an odd number of outlines lie between it and the east. */
function isLand(latitude: number, longitude: number): boolean {
  const at = project({ latitude, longitude });
  let isInside = false;
  for (const { points } of land()) {
    for (const turn of [-1, 0, 1]) {
      points.forEach((a, i) => {
        const b = points[(i + 1) % points.length] ?? a;
        if (a.y > at.y === b.y > at.y) return;
        const x = a.x + ((at.y - a.y) / (b.y - a.y)) * (b.x - a.x) + turn;
        if (x > at.x) isInside = !isInside;
      });
    }
  }
  return isInside;
}

describe("the outlines of land", () => {
  it("are where the land is", () => {
    const places = [
      [52.5, 13.4],
      [40.7, -75],
      [-25, 134],
      [66, 179],
      [66.5, -179],
      [-80, 0],
      [-75, 120],
    ] as const;
    for (const [latitude, longitude] of places) {
      expect(isLand(latitude, longitude), `${latitude} ${longitude}`).toBe(true);
    }
  });

  it("are not where the sea is", () => {
    const places = [
      [0, -140],
      [30, -40],
      [0, 179],
      [75, 0],
      [-60, 0],
      [-60, 179],
    ] as const;
    for (const [latitude, longitude] of places) {
      expect(isLand(latitude, longitude), `${latitude} ${longitude}`).toBe(false);
    }
  });

  it("have no line across the world", () => {
    for (const { points } of land()) {
      points.forEach(({ x, y }, i) => {
        const next = points[i + 1];
        if (next && next.y < 1 && y < 1) expect(Math.abs(next.x - x)).toBeLessThan(0.1);
      });
    }
  });
});
