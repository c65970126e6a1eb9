// The projection of the map, Web Mercator: the world is a square of 1 by 1, north at the top. No DOM.

export interface Place {
  latitude: number;
  longitude: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** What is seen: the point in the middle, and how many pixels wide the whole world is. */
export interface View extends Point {
  scale: number;
}

/** Beyond it, the projection has no end. */
const MAX_LATITUDE = 85.051;

/** A street on the whole of a map. */
const MAX_SCALE = 256 * 2 ** 19;

/** The length of the equator, in metres. */
const EQUATOR = 40_075_017;

// A map that shows one place only shows so much around it, in parts of the world: some two kilometres.
const MIN_SPAN = 5e-5;

// Room around what is fitted in, in pixels.
const MARGIN = 28;

export function project({ latitude, longitude }: Place): Point {
  const bounded = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude));
  const sine = Math.sin((bounded * Math.PI) / 180);
  return {
    x: longitude / 360 + 0.5,
    y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI),
  };
}

/** The longitude is that of the world in the middle, however often one went around. */
export function unproject({ x, y }: Point): Place {
  const latitude = (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI;
  return { latitude, longitude: (x - Math.floor(x)) * 360 - 180 };
}

export function toScreen(view: View, { width, height }: Size, { x, y }: Point): Point {
  return {
    x: width / 2 + (x - view.x) * view.scale,
    y: height / 2 + (y - view.y) * view.scale,
  };
}

export function toWorld(view: View, { width, height }: Size, { x, y }: Point): Point {
  return {
    x: view.x + (x - width / 2) / view.scale,
    y: view.y + (y - height / 2) / view.scale,
  };
}

/** Keeps the view within the world, which is at least as high as the picture. */
function bounded(view: View, { height }: Size): View {
  const scale = Math.max(height, Math.min(MAX_SCALE, view.scale));
  const half = height / 2 / scale;
  return { x: view.x, y: Math.max(half, Math.min(1 - half, view.y)), scale };
}

/** Moves the map by pixels. */
export function pan(view: View, size: Size, right: number, down: number): View {
  const { scale } = view;
  return bounded({ x: view.x - right / scale, y: view.y - down / scale, scale }, size);
}

/** Zooms, while what is at a place of the picture stays there. */
export function zoom(view: View, size: Size, factor: number, at = middle(size)): View {
  const fixed = toWorld(view, size, at);
  const { scale } = bounded({ ...view, scale: view.scale * factor }, size);
  const x = fixed.x - (at.x - size.width / 2) / scale;
  const y = fixed.y - (at.y - size.height / 2) / scale;
  return bounded({ x, y, scale }, size);
}

function middle({ width, height }: Size): Point {
  return { x: width / 2, y: height / 2 };
}

/** The view that shows some points, or the whole world if there are none. */
export function showAll(points: Point[], size: Size): View {
  if (points.length === 0) return bounded({ x: 0.5, y: 0.4, scale: size.width }, size);
  const [left, right] = ends(points.map(({ x }) => x));
  const [top, bottom] = ends(points.map(({ y }) => y));
  const across = Math.max(size.width - 2 * MARGIN, 1) / Math.max(right - left, MIN_SPAN);
  const down = Math.max(size.height - 2 * MARGIN, 1) / Math.max(bottom - top, MIN_SPAN);
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return bounded({ x, y, scale: Math.min(across, down) }, size);
}

/** The smallest and the largest of some numbers. */
export function ends(numbers: number[]): [number, number] {
  const smallest = numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const largest = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return [smallest, largest];
}

/** How many pixels a metre is in the middle of the picture. */
export function pixelsPerMetre(view: View): number {
  const { latitude } = unproject(view);
  return view.scale / (EQUATOR * Math.cos((latitude * Math.PI) / 180));
}

/** The longest round distance that is at most so many pixels. */
export function scaleBar(view: View, most: number): { metres: number; pixels: number } {
  const each = pixelsPerMetre(view);
  const power = 10 ** Math.floor(Math.log10(most / each));
  const metres = [5, 2, 1].map((it) => it * power).find((it) => it * each <= most) ?? power;
  return { metres, pixels: metres * each };
}

/** The distance in degrees between two lines of the grid, of which a few are seen. */
export function gridStep(view: View, { width }: Size): number {
  const degrees = (width / view.scale) * 360;
  const steps = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
  return steps.find((step) => degrees / step >= 3) ?? 0.001;
}
