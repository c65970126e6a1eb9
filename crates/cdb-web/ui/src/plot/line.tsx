import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Plot } from "../api/objects.ts";
import { derived } from "../text/format.ts";
import { shape } from "./shape.ts";

const HEIGHT = 240;

// Room for the numbers at the left, the dot at the right, and half a number above and below.
const LEFT = 52;
const RIGHT = 8;
const ABOVE = 8;

/** The line through a plot, as wide as there is room, with what it shows in words. */
export function Line(props: { plot: Plot; label: string; description: string }) {
  const id = useId();
  const figure = useRef<HTMLElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    if (!figure.current) return;
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    observer.observe(figure.current);
    return () => observer.disconnect();
  }, [width]);
  return (
    <figure class="plot" aria-labelledby={id} ref={figure}>
      {width.value > LEFT + RIGHT && <Picture plot={props.plot} width={width.value} />}
      <figcaption id={id} class="for-readers">
        {props.label}. {props.description}
      </figcaption>
    </figure>
  );
}

function Picture({ plot, width }: { plot: Plot; width: number }) {
  const inner = width - LEFT - RIGHT;
  const drawn = shape(plot, inner, HEIGHT);
  if (!drawn) return null;
  const height = HEIGHT + 2 * ABOVE;
  return (
    <svg
      viewBox={`${-LEFT} ${-ABOVE} ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      {drawn.ticks.map(({ value, y }) => (
        <g key={value}>
          <line class={value === 0 ? "zero" : "tick"} x1="0" x2={inner} y1={y} y2={y} />
          <text x="-8" y={y} text-anchor="end" dominant-baseline="middle">
            {derived(value)}
          </text>
        </g>
      ))}
      {drawn.lines.map((line) => (
        <polyline key={line[0]?.[0]} points={line.map(([x, y]) => `${x},${y}`).join(" ")} />
      ))}
      <circle cx={drawn.end[0]} cy={drawn.end[1]} r="4.500" />
    </svg>
  );
}
