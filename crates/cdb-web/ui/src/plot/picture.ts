// A canvas that is drawn again when what it shows has changed, once for each frame of the screen.

import { effect, type Signal } from "@preact/signals";
import { onTheme } from "../data/colours.ts";
import { COLUMNS, type Range } from "../data/tiles.ts";
import type { Series } from "../data/tiles-series.ts";
import type { Sample } from "../data/tiles-source.ts";
import type { View } from "../data/tiles-view.ts";
import { ownZone } from "../data/wall.ts";
import { value } from "../text/format.ts";
import { readingAt } from "./lines.ts";
import { paint } from "./paint.ts";
import { paletteOf } from "./palette.ts";
import { type Rows, rowsOf, usualDistance } from "./rows.ts";
import {
  type Cursor,
  type DrawnSeries,
  type Layout,
  type Live,
  layoutOf,
  MAX_PER_PIXEL,
  pixelsOf,
  type Scene,
  scaleOfAll,
  xOf,
  yOf,
} from "./scene.ts";
import { timeTicks } from "./time-axis.ts";

export interface PlotSeries {
  series: Series;
  /** From 0: which of the colours. */
  colour: number;
}

/** What is drawn now. */
export interface Shown {
  rows: Rows[];
  layout: Layout;
  range: Range;
  /** How many seconds a pixel of the page has. */
  pixel: number;
  /** Whether nothing better is to come. */
  isExact: boolean;
}

export interface PictureOptions {
  series: PlotSeries[];
  range: Signal<Range | undefined>;
  cursor: Signal<number | undefined>;
  selection: Signal<Range | undefined>;
  shown: Signal<Shown | undefined>;
  axis: "left" | "right";
  hasTag: boolean;
  unit: string;
}

// After so many milliseconds without a movement a range rests.
const REST = 120;

// The least distance of two marks of the time axis, in pixels.
const TIME_PIXELS = 72;
const NARROW_TIME_PIXELS = 56;

// What is older than so many usual distances, and than two minutes, is not of now.
const FRESH_DISTANCES = 5;
const FRESH_SECONDS = 120;

export class Picture {
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private view: View | undefined;
  private rows: { key: string; rows: Rows[] } = { key: "", rows: [] };
  private readonly stop: () => void;
  private readonly observer: ResizeObserver;
  private readonly endTheme: () => void;
  private readonly redraw = () => this.schedule();
  layout: Layout | undefined;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly options: PictureOptions,
    private readonly resized: (layout: Layout) => void,
    /** What breathes around a datapoint of now. */
    private readonly halo: HTMLElement | null,
  ) {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(canvas);
    this.resize();
    this.endTheme = onTheme(this.redraw);
    this.stop = effect(() => {
      const { range, cursor, selection, series } = this.options;
      for (const signal of [range, cursor, selection]) signal.value;
      for (const { series: one } of series) one.changes.value;
      this.schedule();
    });
  }

  close(): void {
    this.stop();
    this.observer.disconnect();
    this.endTheme();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (clientWidth === 0) return;
    if (this.layout?.width === clientWidth && this.layout.height === clientHeight) return;
    const ratio = devicePixelRatio || 1;
    const { axis, hasTag, unit } = this.options;
    const hasUnit = unit !== "";
    this.layout = layoutOf(clientWidth, clientHeight, ratio, axis, { hasTag, hasUnit });
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.resized(this.layout);
    // Unless who shows it has asked for more.
    for (const { series } of this.options.series) series.open(COLUMNS);
    // A canvas that was resized is empty: drawn before anybody sees that.
    cancelAnimationFrame(this.frame);
    this.draw();
  }

  private schedule(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    const range = this.options.range.peek();
    const context = this.canvas.getContext("2d");
    const { layout } = this;
    if (!range || !layout || !context) return;
    const view = this.look(range, layout);
    const scene = this.scene(range, layout, view);
    paint(context, scene, paletteOf(this.canvas));
    if (this.halo) moveHalo(this.halo, scene);
    const { series, shown } = this.options;
    shown.value = {
      rows: scene.series.map(({ rows }) => rows),
      layout,
      range,
      pixel: (range.t2 - range.t1) / layout.box.width,
      isExact: series.every(({ series }) => series.isDone(view)),
    };
  }

  /** Asks for what is missing: at once for what is shown first, and when a movement is over. */
  private look({ t1, t2 }: Range, layout: Layout): View {
    const pixel = (t2 - t1) / pixelsOf(layout);
    const view = { t1, t2, pixel, maxSamples: MAX_PER_PIXEL * layout.box.width };
    const stores = this.options.series.map(({ series }) => series);
    const rest = () => {
      this.timer = undefined;
      for (const store of stores) store.rest(view);
    };
    const isMoved = this.view?.t1 !== t1 || this.view.t2 !== t2 || this.view.pixel !== pixel;
    if (!this.view) rest();
    else if (isMoved) {
      for (const store of stores) store.show(view);
      clearTimeout(this.timer);
      this.timer = setTimeout(rest, REST);
    } else this.timer ??= setTimeout(rest, REST);
    this.view = view;
    return view;
  }

  private scene(range: Range, layout: Layout, view: View): Scene {
    const { series, cursor, selection, unit, hasTag } = this.options;
    const key = JSON.stringify([view, series.map(({ series }) => series.changes.peek())]);
    if (this.rows.key !== key) {
      const rows = series.map(({ series }) => rowsOf(series.sources(), range, view.pixel));
      this.rows = { key, rows };
    }
    const drawn = series.map(({ colour }, i) => ({ rows: this.rows.rows[i] as Rows, colour }));
    const pixel = (range.t2 - range.t1) / layout.box.width;
    const apart = layout.width < 480 ? NARROW_TIME_PIXELS : TIME_PIXELS;
    return {
      layout,
      range,
      scale: scaleOfAll(drawn, layout.height),
      series: drawn,
      times: timeTicks(range, apart * pixel, ownZone()),
      live: this.live(hasTag),
      cursor: cursorAt(cursor.peek(), drawn, pixel),
      selection: selection.peek(),
      unit,
    };
  }

  /** The newest datapoint of all series. */
  private live(hasTag: boolean): Live | undefined {
    const all = this.options.series.flatMap(({ series: { last } }) => last ?? []);
    const last = all.reduce<Sample | undefined>((a, b) => (a && a.t > b.t ? a : b), undefined);
    if (!last) return undefined;
    const usual = Math.max(...this.rows.rows.map(usualDistance));
    const fresh = Math.max(FRESH_DISTANCES * usual, FRESH_SECONDS);
    const isFresh = Date.now() / 1000 - last.t < fresh;
    const isOnly = this.options.series.length === 1;
    const label = isOnly && hasTag ? value(last.d) : "";
    return { t: last.t, d: isOnly ? last.d : undefined, label, isFresh };
  }
}

/** Puts the halo where the newest datapoint is, if that is of now and seen. */
function moveHalo(halo: HTMLElement, scene: Scene): void {
  const { live, layout } = scene;
  if (live?.d === undefined) {
    halo.hidden = true;
    return;
  }
  const x = xOf(live.t, scene);
  const isSeen = x >= layout.box.left && x <= layout.box.left + layout.box.width + 1;
  halo.hidden = !live.isFresh || !isSeen;
  halo.style.transform = `translate(${x}px, ${yOf(live.d, scene)}px)`;
}

function cursorAt(t: number | undefined, all: DrawnSeries[], pixel: number): Cursor | undefined {
  if (t === undefined) return undefined;
  const readings = all.map(({ rows }) => readingAt(rows, t, pixel / 2));
  const points = readings.flatMap((it, i) =>
    it ? [{ d: it.mean, min: it.min, max: it.max, colour: all[i]?.colour ?? 0 }] : [],
  );
  const [only] = readings;
  // A datapoint alone is pointed at itself.
  const isOne = only && readings.length === 1 && only.count === 1;
  return { t: isOne ? only.t1 : t, points };
}
