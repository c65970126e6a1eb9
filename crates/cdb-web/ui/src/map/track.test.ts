import { describe, expect, it } from "vitest";
import { colouring, colourKeys, colourOf, plainLongitude, positions } from "./track.ts";

const at = (t: number, latitude: unknown, longitude: unknown, more = {}) => ({
  t,
  d: { latitude, longitude, ...more },
});

describe("a track", () => {
  it("has the places of datapoints, and leaves out what is none", () => {
    const points = [
      at(1, 52, 13, { accuracy: 5, name: "home" }),
      at(2, "52", 13),
      at(3, 91, 0),
      { t: 4, d: null },
      { t: 5, d: 3 },
      at(6, -33.9, 18.4),
    ];
    const track = positions(points);
    expect(track.map(({ t }) => t)).toEqual([1, 6]);
    expect(track[0]).toMatchObject({ accuracy: 5, numbers: { accuracy: 5 } });
    expect(track[1]?.accuracy).toBeUndefined();
    expect(colourKeys(track)).toEqual(["accuracy"]);
  });

  it("goes the short way around the earth", () => {
    const longitudes = [170, 179, -179, -170, 175, -180, 0];
    const track = positions(longitudes.map((longitude, t) => at(t, 0, longitude)));
    expect(track.map(({ longitude }) => longitude)).toEqual([170, 179, 181, 190, 175, 180, 360]);
    expect(track.map(({ longitude }) => plainLongitude(longitude))).toEqual([
      170, 179, -179, -170, 175, 180, 0,
    ]);
    expect(plainLongitude(-180)).toBe(-180);
    expect(plainLongitude(-190)).toBe(170);
  });

  it("is coloured from low to high", () => {
    const track = positions([0, 5, 10, 9.9].map((speed, t) => at(t, 0, 0, { speed })));
    const { min, max, levels } = colouring(track, "speed") ?? {};
    expect([min, max]).toEqual([0, 10]);
    expect(levels).toEqual([0, 2, 4, 4]);
    expect(colouring(track, "t")?.levels).toEqual([0, 1, 3, 4]);
    expect(colouring(track, "zork")).toBeUndefined();
    expect([0, 4, undefined].map(colourOf)).toEqual(["--track-1", "--track-5", "--series"]);
    const same = positions([at(0, 0, 0, { a: 2 }), at(1, 0, 0)]);
    expect(colouring(same, "a")?.levels).toEqual([2, undefined]);
  });
});
