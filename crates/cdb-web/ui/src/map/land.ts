// The outlines of land, from Natural Earth (1:110,000,000, in the public domain) as `world-atlas` has them.

import atlas from "world-atlas/land-110m.json";
import { ends, type Point, project } from "./mercator.ts";

/** An outline: its points, and the box around them. It may go beyond the sides of the world. */
export interface Ring {
  points: Point[];
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Decodes the outlines, each of which is a ring of arcs. An arc's points are steps from one to the next. */
export function land(): Ring[] {
  const [kx = 1, ky = 1] = atlas.transform.scale;
  const [x0 = 0, y0 = 0] = atlas.transform.translate;
  const arcs = atlas.arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx = 0, dy = 0]) => {
      x += dx;
      y += dy;
      return project({ longitude: x * kx + x0, latitude: y * ky + y0 });
    });
  });
  // An arc that is run through backwards has the complement of its number.
  const arc = (i: number) => (i < 0 ? [...(arcs[~i] ?? [])].reverse() : (arcs[i] ?? []));
  const polygons = atlas.objects.land.geometries.flatMap(({ arcs }) => arcs);
  return polygons.flat().map((ring) => ringOf(closed(ring.flatMap(arc))));
}

/**
 * Goes on beyond a side of the world where an outline crosses it. The one that goes all around the earth, of
 * Antarctica, is closed below.
 */
function closed(points: Point[]): Point[] {
  let turns = 0;
  const ring = points.map(({ x, y }, i) => {
    const step = x - (points[i - 1]?.x ?? x);
    if (Math.abs(step) > 0.5) turns -= Math.sign(step);
    return { x: x + turns, y };
  });
  const [first, last] = [ring[0], ring.at(-1)];
  if (!first || !last || Math.abs(last.x - first.x) < 0.5) return ring;
  const below = 1.1;
  return [...ring, { x: last.x, y: below }, { x: first.x, y: below }, first];
}

function ringOf(points: Point[]): Ring {
  const [left, right] = ends(points.map(({ x }) => x));
  const [top, bottom] = ends(points.map(({ y }) => y));
  return { points, left, right, top, bottom };
}
