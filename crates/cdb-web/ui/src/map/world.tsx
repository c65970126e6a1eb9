import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { onTheme } from "../data/colours.ts";
import { text } from "../text/en.ts";
import { degrees, distance } from "../text/places.ts";
import { draw, type Palette, type Scene } from "./draw.ts";
import { listen } from "./gestures.ts";
import { land } from "./land.ts";
import { type Point, pan, type Size, showAll, type View, zoom } from "./mercator.ts";

/** Decoded once. */
const LAND = land();

const CLOSER = 1.6;

/** How far an arrow key moves the map, in parts of its size. */
const STEP = 0.15;

interface Props {
  /** What the map shows, and how it is used with keys, to screen readers. */
  label: string;
  hint: string;
  scene: Pick<Scene, "track" | "accuracies" | "chosen">;
  /** The names of the colours of the points, as custom properties. */
  colours: string[];
  /** When it changes, everything is fitted in. */
  fitted: string;
  hasCross?: boolean;
  onTap: (view: View, size: Size, at: Point) => void;
  /** Returns whether the key was for it. */
  onKey: (event: KeyboardEvent, view: View) => boolean;
  children?: ComponentChildren;
}

/** The map itself, which is moved and zoomed. */
export function World(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  // Where it was moved to; `undefined` shows everything.
  const chosenView = useSignal<View | undefined>(undefined);
  const isFocused = useSignal(false);
  // Counts changes of the colours that are drawn with.
  const look = useSignal(0);
  const now = useRef(props);
  now.current = props;
  const { track, chosen } = props.scene;
  const view = chosenView.value ?? showAll(track, size.value);
  const seen = useRef(view);
  seen.current = view;
  const move = useCallback(
    (to: View | undefined) => {
      chosenView.value = to;
    },
    [chosenView],
  );

  useEffect(() => {
    if (!place.current) return;
    const resized = new ResizeObserver(([entry]) => {
      if (entry) size.value = { width: entry.contentRect.width, height: entry.contentRect.height };
    });
    resized.observe(place.current);
    const relook = () => {
      look.value++;
    };
    const endTheme = onTheme(relook);
    const end = listen(place.current, {
      view: () => seen.current,
      size: () => size.value,
      move,
      tap: (at) => now.current.onTap(seen.current, size.value, at),
    });
    return () => {
      resized.disconnect();
      endTheme();
      end();
    };
  }, [size, look, move]);

  const { width, height } = size.value;
  const isReady = width > 0 && height > 0;
  // Other points are shown as a whole first.
  useEffect(() => move(undefined), [props.fitted]);

  // The chosen point is always seen, until the map is moved.
  useEffect(() => {
    const point = chosen === undefined ? undefined : track[chosen];
    if (!point || !isReady) return;
    const { x, y, scale } = view;
    const isSeen =
      Math.abs(point.x - x) * scale < width * 0.45 && Math.abs(point.y - y) * scale < height * 0.45;
    if (!isSeen) move(pan({ ...point, scale }, size.value, 0, 0));
  }, [chosen]);

  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!canvas.current || !pen || !isReady) return;
    sharpen(canvas.current, pen, size.value);
    const style = getComputedStyle(canvas.current);
    const colours = props.colours.map((name) => style.getPropertyValue(name));
    const hasCross = (props.hasCross ?? false) && isFocused.value;
    const scene = { ...props.scene, land: LAND, colours, hasCross, distance, degrees: named };
    draw(pen, view, size.value, scene, palette(style));
  });
  // Drawn again after any change of these.
  void [look.value, isFocused.value];

  const buttons: [string, string, () => View | undefined][] = [
    ["+", text.map.closer, () => zoom(view, size.value, CLOSER)],
    ["−", text.map.farther, () => zoom(view, size.value, 1 / CLOSER)],
    ["⤢", text.map.fit, () => undefined],
  ];
  return (
    <div class="map">
      <div
        class="world"
        ref={place}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys move the map.
        tabIndex={0}
        aria-label={props.label}
        aria-description={props.hint}
        onFocus={() => {
          isFocused.value = true;
        }}
        onBlur={() => {
          isFocused.value = false;
        }}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const isMove = event.key === "0" || moved(event.key, view, size.value) !== undefined;
          const isOther = props.onKey(event, view);
          if (!isOther && isMove) move(moved(event.key, view, size.value));
          if (isOther || isMove) event.preventDefault();
        }}
      >
        <canvas ref={canvas} />
      </div>
      <div class="zoom">
        {buttons.map(([sign, name, to]) => (
          <button key={name} type="button" aria-label={name} onClick={() => move(to())}>
            {sign}
          </button>
        ))}
      </div>
      {props.children}
    </div>
  );
}

/** Where a key moves the map, if it does. */
function moved(key: string, view: View, size: Size): View | undefined {
  const by = Math.min(size.width, size.height) * STEP;
  switch (key) {
    case "ArrowLeft":
      return pan(view, size, by, 0);
    case "ArrowRight":
      return pan(view, size, -by, 0);
    case "ArrowUp":
      return pan(view, size, 0, by);
    case "ArrowDown":
      return pan(view, size, 0, -by);
    case "+":
    case "=":
      return zoom(view, size, CLOSER);
    case "-":
      return zoom(view, size, 1 / CLOSER);
    default:
      return undefined;
  }
}

/** The name of a line of the grid. */
function named(angle: number): string {
  return `${degrees(angle)}°`;
}

/** Makes a picture as sharp as the screen. */
function sharpen(canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D, size: Size): void {
  const ratio = devicePixelRatio;
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  // It loses its content by that.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function palette(style: CSSStyleDeclaration): Palette {
  const of = (name: string) => style.getPropertyValue(name);
  return {
    sea: of("--surface"),
    land: of("--sunken"),
    coast: of("--edge"),
    line: of("--line"),
    ink: of("--ink"),
    hint: of("--ink3"),
    accent: of("--accent"),
    font: style.fontFamily,
  };
}
