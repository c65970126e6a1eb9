// Draws the map: land sunken, coasts and the track as lines, the last position as the dot.

import type { Ring } from "./land.ts";
import {
  gridStep,
  type Point,
  pixelsPerMetre,
  project,
  type Size,
  scaleBar,
  toScreen,
  toWorld,
  type View,
} from "./mercator.ts";
import { plainLongitude } from "./track.ts";

/** What is drawn, in the order of drawing. */
export interface Scene {
  land: Ring[];
  track: Point[];
  /** For each point of the track its colour: the line from the one before has it, too. */
  colours: string[];
  /** The uncertainty of each, in metres. */
  accuracies: (number | undefined)[];
  /** The index of the chosen point. */
  chosen: number | undefined;
  /** Whether the middle is marked, to choose it by the keyboard. */
  hasCross: boolean;
  distance: (metres: number) => string;
  degrees: (angle: number) => string;
}

export interface Palette {
  sea: string;
  land: string;
  coast: string;
  line: string;
  ink: string;
  hint: string;
  accent: string;
  font: string;
}

const MAX_BAR = 96;

// The points of a track are drawn if they are so far apart, in pixels.
const APART = 12;

export function draw(
  pen: CanvasRenderingContext2D,
  view: View,
  size: Size,
  scene: Scene,
  palette: Palette,
): void {
  pen.fillStyle = palette.sea;
  pen.fillRect(0, 0, size.width, size.height);
  pen.lineJoin = "round";
  pen.lineCap = "round";
  drawLand(pen, view, size, scene.land, palette);
  drawGrid(pen, view, size, scene, palette);
  drawTrack(pen, view, size, scene);
  drawEnds(pen, view, size, scene, palette);
  if (scene.hasCross) drawCross(pen, size, palette);
  drawBar(pen, view, size, scene.distance, palette);
}

/** The worlds side by side that are seen, and those beside them, whose land may reach over. */
function copies(view: View, { width }: Size): number[] {
  const half = width / 2 / view.scale;
  const [first, last] = [Math.floor(view.x - half) - 1, Math.floor(view.x + half) + 1];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function drawLand(
  pen: CanvasRenderingContext2D,
  view: View,
  size: Size,
  land: Ring[],
  palette: Palette,
): void {
  const start = toWorld(view, size, { x: 0, y: 0 });
  const end = toWorld(view, size, { x: size.width, y: size.height });
  const outlines = new Path2D();
  for (const copy of copies(view, size)) {
    for (const { points, left, right, top, bottom } of land) {
      const isSeen =
        right + copy >= start.x && left + copy <= end.x && bottom >= start.y && top <= end.y;
      if (!isSeen) continue;
      points.forEach(({ x, y }, i) => {
        const at = toScreen(view, size, { x: x + copy, y });
        if (i === 0) outlines.moveTo(at.x, at.y);
        else outlines.lineTo(at.x, at.y);
      });
    }
  }
  pen.fillStyle = palette.land;
  pen.fill(outlines, "evenodd");
  pen.strokeStyle = palette.coast;
  pen.lineWidth = 1;
  pen.stroke(outlines);
}

/** Lines of whole degrees, or of parts of one, with their names at the top and at the left. */
function drawGrid(
  pen: CanvasRenderingContext2D,
  view: View,
  size: Size,
  { degrees }: Scene,
  { line, hint, font }: Palette,
): void {
  const step = gridStep(view, size);
  const start = toWorld(view, size, { x: 0, y: 0 });
  const end = toWorld(view, size, { x: size.width, y: size.height });
  const names: [string, number, number][] = [];
  pen.beginPath();
  const each = step / 360;
  for (let i = Math.ceil((start.x - 0.5) / each); 0.5 + i * each <= end.x; i++) {
    const x = Math.round(toScreen(view, size, { x: 0.5 + i * each, y: 0 }).x) + 0.5;
    pen.moveTo(x, 0);
    pen.lineTo(x, size.height);
    names.push([degrees(plainLongitude(i * step)), x + 4, 14]);
  }
  const rows = Math.floor(80 / step);
  for (let i = -rows; i <= rows; i++) {
    const at = project({ latitude: i * step, longitude: 0 });
    if (at.y < start.y || at.y > end.y) continue;
    const y = Math.round(toScreen(view, size, at).y) + 0.5;
    pen.moveTo(0, y);
    pen.lineTo(size.width, y);
    // Not upon the names at the top, and not upon the scale.
    if (y > 32 && y < size.height - 32) names.push([degrees(i * step), 6, y - 4]);
  }
  pen.strokeStyle = line;
  pen.lineWidth = 1;
  pen.stroke();
  pen.fillStyle = hint;
  pen.font = `11px ${font}`;
  for (const [name, x, y] of names) pen.fillText(name, x, y);
}

function drawTrack(
  pen: CanvasRenderingContext2D,
  view: View,
  size: Size,
  { track, colours }: Scene,
): void {
  const points = track.map((point) => toScreen(view, size, point));
  pen.lineWidth = 1.5;
  // As few lines as there are changes of colour.
  for (let from = 0; from + 1 < points.length; ) {
    const colour = colours[from + 1] ?? "";
    pen.beginPath();
    pen.moveTo(points[from]?.x ?? 0, points[from]?.y ?? 0);
    do {
      from++;
      pen.lineTo(points[from]?.x ?? 0, points[from]?.y ?? 0);
    } while (colours[from + 1] === colour && from + 1 < points.length);
    pen.strokeStyle = colour;
    pen.stroke();
  }
  if (!areApart(points, size)) return;
  points.forEach((point, i) => {
    disc(pen, point, 2.5, colours[i] ?? "");
  });
}

/** Whether the points can be told apart. */
function areApart(points: Point[], { width, height }: Size): boolean {
  const seen = points.filter(({ x, y }) => x > 0 && y > 0 && x < width && y < height);
  return seen.length * APART ** 2 * 4 < width * height;
}

function drawEnds(
  pen: CanvasRenderingContext2D,
  view: View,
  size: Size,
  { track, accuracies, chosen }: Scene,
  palette: Palette,
): void {
  const last = track.length - 1;
  const each = pixelsPerMetre(view);
  const mark = (index: number, radius: number, colour: string) => {
    const point = track[index];
    if (!point) return;
    const at = toScreen(view, size, point);
    const ring = (accuracies[index] ?? 0) * each;
    if (ring > radius) {
      circle(pen, at, ring);
      pen.strokeStyle = colour;
      pen.lineWidth = 1;
      pen.stroke();
      pen.globalAlpha = 0.1;
      pen.fillStyle = colour;
      pen.fill();
      pen.globalAlpha = 1;
    }
    disc(pen, at, radius + 2, palette.sea);
    disc(pen, at, radius, colour);
  };
  mark(last, 4.5, palette.accent);
  if (chosen !== undefined) mark(chosen, 4, palette.ink);
}

function circle(pen: CanvasRenderingContext2D, { x, y }: Point, radius: number): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

function disc(pen: CanvasRenderingContext2D, at: Point, radius: number, colour: string): void {
  circle(pen, at, radius);
  pen.fillStyle = colour;
  pen.fill();
}

function drawCross(pen: CanvasRenderingContext2D, size: Size, { ink }: Palette): void {
  const [x, y] = [Math.round(size.width / 2) + 0.5, Math.round(size.height / 2) + 0.5];
  pen.beginPath();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    pen.moveTo(x + dx * 4, y + dy * 4);
    pen.lineTo(x + dx * 12, y + dy * 12);
  }
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5;
  pen.stroke();
}

function drawBar(
  pen: CanvasRenderingContext2D,
  view: View,
  { height }: Size,
  distance: Scene["distance"],
  { hint, font }: Palette,
): void {
  const { metres, pixels } = scaleBar(view, MAX_BAR);
  const [x, y] = [12.5, height - 12.5];
  pen.beginPath();
  pen.moveTo(x, y - 4);
  pen.lineTo(x, y);
  pen.lineTo(x + Math.round(pixels), y);
  pen.lineTo(x + Math.round(pixels), y - 4);
  pen.strokeStyle = hint;
  pen.lineWidth = 1;
  pen.stroke();
  pen.fillStyle = hint;
  pen.font = `11px ${font}`;
  pen.fillText(distance(metres), x + 4, y - 5);
}
