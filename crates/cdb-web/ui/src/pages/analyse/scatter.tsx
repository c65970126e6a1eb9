// Two columns against each other: each row a dot, with Pearson's r.

import type { Row } from "../../api/queries.ts";
import { correlation, pairs, regression } from "../../data/correlation.ts";
import type { ResultColumn } from "../../data/dataset-result.ts";
import { bounds, extent, scale } from "../../data/scale.ts";
import { short, signed } from "../../text/amounts.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { useWidth } from "../../widgets/width.ts";
import { ChoiceWord } from "./word.tsx";

const HEIGHT = 260;
const LEFT = 44;
const RIGHT = 12;
const ABOVE = 10;
const BELOW = 24;

const words = text.analyse;

export function Scatter(props: {
  columns: ResultColumn[];
  /** All columns, for their colours. */
  all: ResultColumn[];
  rows: Row[];
  x: ResultColumn;
  y: ResultColumn;
  onChoose: (axes: { x?: string; y?: string }) => void;
}) {
  const { columns, all, rows, x, y, onChoose } = props;
  const of = ({ key }: ResultColumn) => rows.map(({ d }) => d[key]);
  const points = pairs(of(x), of(y));
  const { r, n } = correlation(points);
  const options = columns.map(({ key, name }): [string, string] => [key, name]);
  const rText = r === undefined ? text.none : signed(r);
  const { figure, width } = useWidth();
  return (
    <>
      <p class="against">
        <ChoiceWord
          label={words.vertical}
          chosen={y.key}
          options={options}
          series={all.indexOf(y)}
          onChoose={(key) => onChoose({ y: key })}
        />
        {words.against}
        <ChoiceWord
          label={words.horizontal}
          chosen={x.key}
          options={options}
          series={all.indexOf(x)}
          onChoose={(key) => onChoose({ x: key })}
        />
        <span class="coefficient">
          {words.r}
          <strong>{rText}</strong>, {words.pairs(count(n))}
        </span>
      </p>
      <figure class="drawing" ref={figure}>
        {n > 0 && width > LEFT + RIGHT && (
          <Dots
            points={points}
            width={width}
            label={words.scatterText(y.name, x.name, rText, count(n))}
          />
        )}
        {n === 0 && <p>{words.noPairs}</p>}
        <figcaption class="hint">{n > 0 && words.eachDot}</figcaption>
      </figure>
    </>
  );
}

function Dots(props: { points: [number, number][]; width: number; label: string }) {
  const { points, width, label } = props;
  const [inner, drawn] = [width - LEFT - RIGHT, HEIGHT - ABOVE - BELOW];
  const xs = points.map(([x]) => x);
  const maxTicks = Math.max(2, Math.floor(inner / 60));
  const across = scale(...bounds(xs, false), LEFT, LEFT + inner, maxTicks);
  const ys = points.map(([, y]) => y);
  const up = scale(...bounds(ys, false), ABOVE + drawn, ABOVE, 5);
  const at = (x: number, y: number) => `${across(x).toFixed(1)} ${up(y).toFixed(1)}`;
  const line = regression(points);
  const ends = line && extent(xs).map((x) => at(x, line.a + line.b * x));
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img">
      <title>{label}</title>
      {up.ticks.map((value) => {
        const y = up(value);
        return (
          <g key={value}>
            <line
              class={value === 0 ? "zero" : "tick"}
              x1={LEFT}
              x2={width - RIGHT}
              y1={y}
              y2={y}
            />
            <text x={LEFT - 8} y={y} text-anchor="end" dominant-baseline="middle">
              {short(value)}
            </text>
          </g>
        );
      })}
      {across.ticks.map((value) => (
        <text key={value} x={across(value)} y={HEIGHT - 6} text-anchor="middle">
          {short(value)}
        </text>
      ))}
      {/* One path: thousands of circles are slow. */}
      <path class="dots" d={points.map(([x, y]) => `M${at(x, y)}h0`).join("")} />
      {ends && <path class="fit" d={`M${ends[0]}L${ends[1]}`} />}
    </svg>
  );
}
