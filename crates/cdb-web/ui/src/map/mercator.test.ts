import { describe, expect, it } from "vitest";
import {
  pan,
  pixelsPerMetre,
  project,
  scaleBar,
  showAll,
  toScreen,
  toWorld,
  unproject,
  zoom,
} from "./mercator.ts";

const SIZE = { width: 400, height: 300 };
const BERLIN = { latitude: 52.52, longitude: 13.405 };

describe("the projection", () => {
  it("has the equator in the middle, and comes back", () => {
    expect(project({ latitude: 0, longitude: 0 })).toEqual({ x: 0.5, y: 0.5 });
    // As the tiles of web maps have it: 8802.07 and 5373.25 of 16384.
    const { x, y } = project(BERLIN);
    expect(x * 16384).toBeCloseTo(8802.07, 1);
    expect(y * 16384).toBeCloseTo(5373.25, 1);
    const back = unproject({ x, y });
    expect(back.latitude).toBeCloseTo(BERLIN.latitude, 9);
    expect(back.longitude).toBeCloseTo(BERLIN.longitude, 9);
    expect(unproject({ x: x - 2, y }).longitude).toBeCloseTo(BERLIN.longitude, 9);
    expect(project({ latitude: 90, longitude: 0 }).y).toBeCloseTo(0, 4);
  });
});

describe("the view", () => {
  const view = showAll([project(BERLIN)], SIZE);

  it("shows one place with what is around it", () => {
    expect(toScreen(view, SIZE, project(BERLIN))).toEqual({ x: 200, y: 150 });
    expect(SIZE.width / pixelsPerMetre(view)).toBeGreaterThan(1000);
    expect(SIZE.width / pixelsPerMetre(view)).toBeLessThan(5000);
  });

  it("shows all places, and nothing of the world beyond its ends", () => {
    const corners = [
      { latitude: 60, longitude: -170 },
      { latitude: -50, longitude: 170 },
    ].map(project);
    for (const { x, y } of corners.map((it) => toScreen(showAll(corners, SIZE), SIZE, it))) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(SIZE.width);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(SIZE.height);
    }
    const far = pan(zoom(view, SIZE, 1e-9), SIZE, 0, 1e9);
    expect(toWorld(far, SIZE, { x: 0, y: 0 }).y).toBeCloseTo(0, 9);
    expect(toWorld(far, SIZE, { x: 0, y: SIZE.height }).y).toBeCloseTo(1, 9);
  });

  it("keeps what is under the pointer while it zooms", () => {
    const at = { x: 320, y: 40 };
    const before = toWorld(view, SIZE, at);
    const after = toWorld(zoom(view, SIZE, 1.7, at), SIZE, at);
    expect(after.x).toBeCloseTo(before.x, 12);
    expect(after.y).toBeCloseTo(before.y, 12);
    // Also where it can go no further.
    const deep = toWorld(zoom(view, SIZE, 1e9, at), SIZE, at);
    expect(deep.x).toBeCloseTo(before.x, 12);
  });

  it("has a scale of a round distance", () => {
    for (let factor = 1; factor > 1e-4; factor /= 1.3) {
      const seen = zoom(view, SIZE, factor);
      const { metres, pixels } = scaleBar(seen, 100);
      expect(pixels).toBeLessThanOrEqual(100);
      expect(pixels).toBeGreaterThan(39);
      expect(pixels / metres).toBeCloseTo(pixelsPerMetre(seen), 9);
      expect(["1", "2", "5"]).toContain(metres.toExponential()[0]);
    }
  });
});
