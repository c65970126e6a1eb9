// Draws a plot on a canvas.

import type { Range } from "../data/tiles.ts";
import { text } from "../text/en.ts";
import { bandOf, type Frame, type Line, linesOf, meansOf } from "./lines.ts";
import { paintCursor, paintLive, paintSelection } from "./paint-marks.ts";
import { type Palette, strokeOf } from "./palette.ts";
import { type DrawnSeries, MAX_PER_PIXEL, type Scene, xOf, yOf } from "./scene.ts";
import { axisNumber, duration } from "./words.ts";

// Means of so many pixels are one point of their line.
const MEAN_PIXELS = 3;

// Datapoints farther from each other have a dot each.
const DOT_PIXELS = 12;
const DOT = 2.5;

const LINE = 1.5;
const FULL_CIRCLE = 2 * Math.PI;

export function paint(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { width, height, ratio } = scene.layout;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${palette.font}`;
  if (scene.series.length === 1) paintGaps(context, scene, palette);
  paintFuture(context, scene, palette);
  paintNumbers(context, scene, palette);
  paintTimes(context, scene, palette);
  for (const series of scene.series) paintSeries(context, scene, series, palette);
  if (scene.selection) paintSelection(context, scene, scene.selection, palette);
  if (scene.live) paintLive(context, scene, scene.live, palette);
  if (scene.cursor) paintCursor(context, scene, scene.cursor, palette);
}

/** Draws one series, within the place for data. */
function paintSeries(
  context: CanvasRenderingContext2D,
  scene: Scene,
  series: DrawnSeries,
  palette: Palette,
): void {
  const { rows, colour } = series;
  const { box, ratio } = scene.layout;
  context.save();
  context.beginPath();
  // A line may be at the very edge.
  context.rect(box.left, box.top - DOT, box.width, box.height + 2 * DOT);
  context.clip();
  context.translate(box.left, box.top);
  const { colour: stroke, dash } = strokeOf(palette, colour);
  context.strokeStyle = stroke;
  context.fillStyle = stroke;
  context.lineJoin = "round";
  context.lineWidth = LINE;
  context.setLineDash(dash);
  const frame = frameOf(scene, 1);
  if (rows.count / box.width > MAX_PER_PIXEL) {
    paintBand(context, bandOf(rows, frameOf(scene, ratio)), ratio, palette.bandAlpha);
    strokeLines(context, meansOf(rows, frame, MEAN_PIXELS));
  } else {
    const lines = linesOf(rows, frame);
    strokeLines(context, lines);
    const isSparse = rows.count * DOT_PIXELS < box.width;
    // A datapoint alone has no line.
    paintDots(context, isSparse ? lines : lines.filter((line) => line.length === 2));
  }
  context.restore();
}

/** Where things are within the place for data, in parts of a pixel of the page. */
function frameOf({ layout, range, scale }: Scene, ratio: number): Frame {
  const width = Math.round(layout.box.width * ratio);
  const height = layout.box.height * ratio;
  const perSecond = width / (range.t2 - range.t1);
  const perUnit = height / (scale.high - scale.low);
  return {
    x: (t) => (t - range.t1) * perSecond,
    y: (d) => height - (d - scale.low) * perUnit,
    width,
  };
}

/** Fills the pixels of the screen that a line of one pixel goes through. */
export function paintBand(
  context: CanvasRenderingContext2D,
  { top, bottom }: { top: Float64Array; bottom: Float64Array },
  ratio: number,
  alpha: number,
): void {
  context.save();
  context.scale(1 / ratio, 1 / ratio);
  context.globalAlpha = alpha;
  context.beginPath();
  for (let x = 0; x < top.length; x += 1) {
    const [from, to] = [Math.floor(top[x] ?? 0), Math.floor(bottom[x] ?? 0)];
    if (from <= to) context.rect(x, from, 1, to - from + 1);
  }
  context.fill();
  context.restore();
}

function strokeLines(context: CanvasRenderingContext2D, lines: Line[]): void {
  context.beginPath();
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      const [x = 0, y = 0] = [line[i], line[i + 1]];
      if (i === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
  }
  context.stroke();
}

function paintDots(context: CanvasRenderingContext2D, lines: Line[]): void {
  context.beginPath();
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      const [x = 0, y = 0] = [line[i], line[i + 1]];
      context.moveTo(x + DOT, y);
      context.arc(x, y, DOT, 0, FULL_CIRCLE);
    }
  }
  context.fill();
}

// Shorter gaps are a break of the line, and nothing else.
const MIN_GAP_PIXELS = 3;

function paintGaps(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  for (const { rows } of scene.series) {
    for (const gap of rows.gaps.values()) {
      const width = sink(context, scene, gap, palette);
      if (width < MIN_GAP_PIXELS) continue;
      const { box } = scene.layout;
      const words = [text.plot.gap(duration(gap.t2 - gap.t1)), duration(gap.t2 - gap.t1)];
      const room =
        Math.min(box.left + box.width, xOf(gap.t2, scene)) - Math.max(box.left, xOf(gap.t1, scene));
      const fitting = words.find((it) => context.measureText(it).width + 4 <= room);
      if (!fitting) continue;
      context.fillStyle = palette.ink3;
      context.textAlign = "center";
      context.textBaseline = "bottom";
      const middle = Math.max(box.left, xOf(gap.t1, scene)) + room / 2;
      context.fillText(fitting, middle, box.top + box.height - 4);
    }
  }
}

/** What is after the newest datapoint is no data yet. */
function paintFuture(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  if (scene.live) sink(context, scene, { t1: scene.live.t, t2: scene.range.t2 }, palette);
}

/** Fills a stretch, if it is seen; returns how wide it is. */
function sink(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { t1, t2 }: Range,
  palette: Palette,
): number {
  const { box } = scene.layout;
  const from = Math.max(xOf(t1, scene), box.left);
  const to = Math.min(xOf(t2, scene), box.left + box.width);
  const width = to - from;
  if (width < MIN_GAP_PIXELS) return width;
  context.fillStyle = palette.sunken;
  context.fillRect(from, box.top, width, box.height);
  return width;
}

/** Hairlines lie on pixels of the screen. */
function crisp(at: number, ratio: number): number {
  return (Math.floor(at * ratio) + 0.5) / ratio;
}

function paintNumbers(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { box, ratio, axis } = scene.layout;
  const right = box.left + box.width;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = axis === "left" ? "right" : "left";
  const x = axis === "left" ? box.left - 8 : right + 8;
  for (const value of scene.scale.ticks) {
    const y = crisp(yOf(value, scene), ratio);
    context.strokeStyle = value === 0 ? palette.edge : palette.line;
    context.beginPath();
    context.moveTo(box.left, y);
    context.lineTo(right, y);
    context.stroke();
    context.fillStyle = palette.ink3;
    context.fillText(axisNumber(value, scene.scale.ticks), x, y);
  }
  if (scene.unit) context.fillText(scene.unit, x, 8);
}

// The room between two labels.
const LABEL_AIR = 8;

function paintTimes(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { box, ratio, width } = scene.layout;
  const y = box.top + box.height;
  context.textBaseline = "top";
  context.textAlign = "center";
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  const taken: [number, number][] = [];
  const mark = (t: number, label: string, colour: string, isLarge: boolean) => {
    const x = crisp(xOf(t, scene), ratio);
    context.font = `${isLarge ? "600 " : ""}11px ${palette.font}`;
    const half = context.measureText(label).width / 2;
    const middle = Math.min(Math.max(x, half), width - half);
    const [from, to] = [middle - half - LABEL_AIR, middle + half + LABEL_AIR];
    if (taken.some(([a, b]) => from < b && to > a)) return;
    taken.push([middle - half, middle + half]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x, y + 4);
    context.stroke();
    context.fillStyle = colour;
    context.fillText(label, middle, y + 7);
  };
  const { live, range } = scene;
  if (live?.isFresh && live.t > range.t1 && live.t <= range.t2) {
    mark(live.t, text.plot.now, palette.accent, true);
  }
  // The larger unit is more important than what is beside it.
  for (const { t, label } of scene.times.filter((it) => it.isLarge)) {
    mark(t, label, palette.ink, true);
  }
  for (const { t, label } of scene.times.filter((it) => !it.isLarge)) {
    mark(t, label, palette.ink3, false);
  }
  context.font = `11px ${palette.font}`;
}
