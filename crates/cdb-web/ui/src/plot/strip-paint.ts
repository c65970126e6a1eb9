// Draws the strip below a plot.

import { scaleOf } from "../data/scale.ts";
import type { Range } from "../data/tiles.ts";
import type { Series } from "../data/tiles-series.ts";
import { ownZone } from "../data/wall.ts";
import { bandOf } from "./lines.ts";
import { paintBand } from "./paint.ts";
import { type Palette, paletteOf } from "./palette.ts";
import { rowsOf } from "./rows.ts";
import { timeTicks } from "./time-axis.ts";

// The height of what is drawn, and of the times below.
const HEIGHT = 32;
const TICK = 10;
const TIME_PIXELS = 90;
// Nothing shorter is shown as a window, or it could not be taken hold of.
const MIN_WINDOW = 6;

/** All that there is, and what is seen beside it. */
export function wholeOf(series: Series, range: Range | undefined): Range | undefined {
  const extent = series.extent.peek();
  if (!extent) return undefined;
  const t1 = Math.min(extent.t1, range?.t1 ?? extent.t1);
  const t2 = Math.max(extent.t2, range?.t2 ?? extent.t2);
  return { t1, t2: Math.max(t2, t1 + 1e-3) };
}

export function windowOf(
  whole: Range,
  range: Range,
  width: number,
): { left: number; right: number } {
  const perSecond = width / (whole.t2 - whole.t1);
  const left = (range.t1 - whole.t1) * perSecond;
  const right = (range.t2 - whole.t1) * perSecond;
  const missing = Math.max(MIN_WINDOW - (right - left), 0) / 2;
  return { left: Math.max(left - missing, 0), right: Math.min(right + missing, width) };
}

export function paintStrip(
  canvas: HTMLCanvasElement,
  series: Series,
  range: Range | undefined,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  const whole = wholeOf(series, range);
  if (!context || !whole || !series.whole || !range || width === 0) return;
  const ratio = devicePixelRatio || 1;
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const palette = paletteOf(canvas);
  const { left, right } = windowOf(whole, range, width);
  context.fillStyle = palette.sunken;
  context.beginPath();
  context.roundRect(0, 0, width, HEIGHT, 4);
  context.fill();
  context.fillStyle = palette.wash;
  context.fillRect(left, 0, right - left, HEIGHT);
  paintWhole(context, series.whole, whole, width, ratio, palette, left, right);
  paintHandles(context, left, right, palette);
  paintYears(context, whole, width, palette);
}

function paintWhole(
  context: CanvasRenderingContext2D,
  source: NonNullable<Series["whole"]>,
  whole: Range,
  width: number,
  ratio: number,
  palette: Palette,
  left: number,
  right: number,
): void {
  const pixels = Math.round(width * ratio);
  const rows = rowsOf([source], whole, (whole.t2 - whole.t1) / pixels);
  const { low, high } = scaleOf(rows.min, rows.max, 1);
  const inner = (HEIGHT - 8) * ratio;
  const band = bandOf(rows, {
    x: (t) => ((t - whole.t1) / (whole.t2 - whole.t1)) * pixels,
    y: (d) => 4 * ratio + inner - ((d - low) / (high - low)) * inner,
    width: pixels,
  });
  const part = (from: number, to: number, colour: string, alpha: number) => {
    context.save();
    context.beginPath();
    context.rect(from, 0, Math.max(to - from, 0), HEIGHT);
    context.clip();
    context.fillStyle = colour;
    paintBand(context, band, ratio, alpha);
    context.restore();
  };
  part(0, left, palette.ink3, 0.6);
  part(right, width, palette.ink3, 0.6);
  part(left, right, palette.series[0] ?? palette.ink, 1);
}

function paintHandles(
  context: CanvasRenderingContext2D,
  left: number,
  right: number,
  palette: Palette,
): void {
  context.strokeStyle = palette.accent;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left + 0.5, 0.5, Math.max(right - left - 1, 1), HEIGHT - 1, 4);
  context.stroke();
  context.fillStyle = palette.accent;
  for (const x of [left, right]) {
    context.beginPath();
    context.roundRect(x - 2, HEIGHT / 2 - 8, 4, 16, 2);
    context.fill();
  }
}

function paintYears(
  context: CanvasRenderingContext2D,
  whole: Range,
  width: number,
  palette: Palette,
): void {
  context.font = `11px ${palette.font}`;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillStyle = palette.ink3;
  context.strokeStyle = palette.line;
  const distance = ((whole.t2 - whole.t1) / width) * TIME_PIXELS;
  for (const { t, label } of timeTicks(whole, distance, ownZone())) {
    const x = Math.floor(((t - whole.t1) / (whole.t2 - whole.t1)) * width) + 0.5;
    if (x + 4 + context.measureText(label).width > width) continue;
    context.beginPath();
    context.moveTo(x, HEIGHT);
    context.lineTo(x, HEIGHT + TICK);
    context.stroke();
    context.fillText(label, x + 4, HEIGHT + 3);
  }
}
