// Draws what lies on a plot: the newest datapoint, the cursor, the selection.

import type { Range } from "../data/tiles.ts";
import { type Palette, strokeOf } from "./palette.ts";
import { type Cursor, type Live, type Scene, xOf, yOf } from "./scene.ts";

const FULL_CIRCLE = 2 * Math.PI;
const DOT = 4.5;
const HALO = 8;
const TAG_HEIGHT = 20;

type Context = CanvasRenderingContext2D;

function isSeen(x: number, { layout: { box } }: Scene): boolean {
  return x >= box.left - 1 && x <= box.left + box.width + 1;
}

function vertical(context: Context, scene: Scene, x: number, colour: string): void {
  const { box, ratio } = scene.layout;
  const crisp = (Math.floor(x * ratio) + 0.5) / ratio;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(crisp, box.top);
  context.lineTo(crisp, box.top + box.height);
  context.stroke();
}

function disc(context: Context, x: number, y: number, radius: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, FULL_CIRCLE);
  context.fill();
}

/** The newest datapoint: a dot with a halo, and its value at the side. */
export function paintLive(context: Context, scene: Scene, live: Live, palette: Palette): void {
  const x = xOf(live.t, scene);
  if (!isSeen(x, scene)) return;
  const { box, width } = scene.layout;
  if (live.isFresh) vertical(context, scene, x, palette.accent);
  if (live.d === undefined) return;
  const y = Math.min(Math.max(yOf(live.d, scene), box.top), box.top + box.height);
  context.globalAlpha = 0.25;
  disc(context, x, y, HALO, palette.accent);
  context.globalAlpha = 1;
  disc(context, x, y, DOT + 1.5, palette.surface);
  disc(context, x, y, DOT, palette.accent);
  if (live.label === "") return;
  context.font = `600 11px ${palette.font}`;
  const tagWidth = context.measureText(live.label).width + 12;
  const left = Math.min(x + 12, width - tagWidth);
  context.fillStyle = palette.accent;
  context.beginPath();
  context.roundRect(left, y - TAG_HEIGHT / 2, tagWidth, TAG_HEIGHT, 4);
  context.fill();
  context.fillStyle = palette.onAccent;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(live.label, left + tagWidth / 2, y);
  context.font = `11px ${palette.font}`;
}

export function paintCursor(
  context: Context,
  scene: Scene,
  cursor: Cursor,
  palette: Palette,
): void {
  const x = xOf(cursor.t, scene);
  if (!isSeen(x, scene)) return;
  vertical(context, scene, x, palette.ink);
  const areSeveral = cursor.points.length > 1;
  for (const { d, min, max, colour } of cursor.points) {
    const [y, top, bottom] = [d, max, min].map((value) => yOf(value, scene));
    if (y === undefined || top === undefined || bottom === undefined) continue;
    context.strokeStyle = palette.ink;
    context.beginPath();
    for (const end of max > min ? [top, bottom] : []) {
      context.moveTo(x - 4, end);
      context.lineTo(x + 4, end);
    }
    context.stroke();
    disc(context, x, y, 5.5, palette.surface);
    // Of several, each is told from the others by its colour.
    disc(context, x, y, 4, areSeveral ? strokeOf(palette, colour).colour : palette.ink);
  }
}

/** A selection has a handle at each side. */
export function paintSelection(
  context: Context,
  scene: Scene,
  { t1, t2 }: Range,
  palette: Palette,
): void {
  const { box } = scene.layout;
  const [from, to] = [xOf(t1, scene), xOf(t2, scene)];
  const left = Math.max(from, box.left);
  const width = Math.min(to, box.left + box.width) - left;
  if (width < 0) return;
  context.globalAlpha = 0.1;
  context.fillStyle = palette.ink;
  context.fillRect(left, box.top, width, box.height);
  context.globalAlpha = 1;
  for (const x of [from, to].filter((x) => isSeen(x, scene))) {
    vertical(context, scene, x, palette.ink);
    context.fillStyle = palette.surface;
    context.strokeStyle = palette.ink;
    context.beginPath();
    context.roundRect(x - 4, box.top + box.height / 2 - 12, 8, 24, 4);
    context.fill();
    context.stroke();
  }
}
