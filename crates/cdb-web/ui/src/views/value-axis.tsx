import type { Place } from "../data/scale.ts";
import { short } from "./numbers.ts";

/** The horizontal lines of a picture, with their values at the left. */
export function ValueAxis(props: { y: Place; left: number; right: number; unit?: string }) {
  const { y, left, right, unit = "" } = props;
  return (
    <>
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line
            class={tick === 0 ? "zero" : "tick"}
            x1={left}
            x2={right}
            y1={y(tick)}
            y2={y(tick)}
          />
          <text x={left - 8} y={y(tick)} text-anchor="end" dominant-baseline="middle">
            {short(tick)}
            {tick !== 0 && unit}
          </text>
        </g>
      ))}
    </>
  );
}
