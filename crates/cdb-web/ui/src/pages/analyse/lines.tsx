// The columns over time, each in a band with its own scale, on one time axis.

import type { Row } from "../../api/queries.ts";
import { numberOf } from "../../data/correlation.ts";
import type { ResultColumn } from "../../data/dataset-result.ts";
import { bounds, extent, scale } from "../../data/scale.ts";
import { timeTicks } from "../../plot/time-axis.ts";
import { short } from "../../text/amounts.ts";
import { text } from "../../text/en.ts";
import { useWidth } from "../../widgets/width.ts";
import { seriesClass } from "./word.tsx";

// The least distance of two marks of the time axis, in pixels.
const TIME_PIXELS = 72;

const LEFT = 44;
const RIGHT = 12;
/** The height of all bands, unless they are many. */
const HEIGHT = 240;
const MIN_BAND = 96;
const MARGIN = 10;
const BELOW = 24;

type Point = [t: number, d: number];

export function Lines(props: {
  columns: ResultColumn[];
  /** All columns, for their colours. */
  all: ResultColumn[];
  rows: Row[];
  zone: string;
}) {
  const { columns, all, rows, zone } = props;
  const { figure, width } = useWidth();
  const [first, last] = extent(rows.map(({ t }) => t));
  const inner = width - LEFT - RIGHT;
  const band = Math.max(HEIGHT / columns.length, MIN_BAND);
  const height = columns.length * band + BELOW;
  const x = (t: number) => LEFT + (last > first ? (t - first) / (last - first) : 0.5) * inner;
  const distance = ((last - first) / inner) * TIME_PIXELS;
  const label = text.analyse.linesText(columns.map(({ name }) => name).join(", "));
  return (
    <figure class="drawing" ref={figure}>
      {inner > 0 && rows.length > 0 && (
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img">
          <title>{label}</title>
          {columns.map((column, at) => (
            <Band
              key={column.key}
              column={column}
              className={seriesClass(all.indexOf(column))}
              lines={lines(rows, column.key)}
              x={x}
              width={width}
              top={at * band}
              height={band}
            />
          ))}
          {timeTicks({ t1: first, t2: last }, distance, zone).map(({ t, label }) => (
            <text key={t} x={x(t)} y={height - 6} text-anchor="middle">
              {label}
            </text>
          ))}
        </svg>
      )}
    </figure>
  );
}

function Band(props: {
  column: ResultColumn;
  className: string;
  lines: Point[][];
  x: (t: number) => number;
  width: number;
  top: number;
  height: number;
}) {
  const { column, className, lines, x, width, top, height } = props;
  const drawn = height - 2 * MARGIN;
  const values = lines.flat().map(([, d]) => d);
  const bottom = top + MARGIN + drawn;
  const y = scale(...bounds(values, false), bottom, top + MARGIN, Math.floor(height / 32));
  const place = ([t, d]: Point) => `${x(t).toFixed(1)} ${y(d).toFixed(1)}`;
  // A value without neighbours is a dot.
  const path = (line: Point[]) => `M${line.map(place).join("L")}${line.length === 1 ? "h0" : ""}`;
  return (
    <g class={`band${className}`}>
      {y.ticks.map((value) => (
        <g key={value}>
          <line
            class={value === 0 ? "zero" : "tick"}
            x1={LEFT}
            x2={width - RIGHT}
            y1={y(value)}
            y2={y(value)}
          />
          <text x={LEFT - 8} y={y(value)} text-anchor="end" dominant-baseline="middle">
            {short(value)}
          </text>
        </g>
      ))}
      <path class="line" d={lines.map(path).join("")} />
      <text class="name" x={LEFT} y={top + MARGIN}>
        {column.name}
      </text>
    </g>
  );
}

/** The numbers of a column, broken where a row has none. */
function lines(rows: Row[], key: string): Point[][] {
  const all: Point[][] = [];
  let isGap = true;
  for (const { t, d } of rows) {
    const value = numberOf(d[key]);
    if (value !== undefined) {
      if (isGap) all.push([]);
      all.at(-1)?.push([t, value]);
    }
    isGap = value === undefined;
  }
  return all;
}
