import { useSignal } from "@preact/signals";
import { correlation } from "../data/correlation.ts";
import { bounds, scale } from "../data/scale.ts";
import { text } from "../text/en.ts";
import { count, derived } from "../text/format.ts";
import { Chart } from "./chart.tsx";
import { categoryKeys, numberKeys } from "./kinds.ts";
import { derivedSigned, numberOf, short } from "./numbers.ts";
import { element } from "./scripts.ts";
import { Unfit } from "./unfit.tsx";
import { ValueAxis } from "./value-axis.tsx";
import type { About, PictureProps, View } from "./view.ts";

interface Pair {
  x: number;
  y: number;
  /** What colours it, if anything does. */
  colour: string | undefined;
}

const HEIGHT = 240;
const LEFT = 44;
const BELOW = 36;
const ABOVE = 8;
const COLOURS = 6;

/** Of more datapoints every second, third… is drawn. */
const MAX_PAIRS = 4000;

/** The places of a point on a map are no two numbers that go together. */
const PLACE = ["latitude", "longitude"];

function axesOf(about: About): string[] {
  return numberKeys(about).filter((key) => !PLACE.includes(key));
}

/** Reads what `{"x": …, "y": …, "colour": …}` gives. */
function pairsOf(points: PictureProps["points"]): Pair[] {
  return points.flatMap(({ d }): Pair[] => {
    const object = typeof d === "object" && d !== null ? (d as Record<string, unknown>) : {};
    const [x, y] = [numberOf(object.x), numberOf(object.y)];
    if (x === undefined || y === undefined) return [];
    const colour = object.colour === undefined ? undefined : String(object.colour);
    return [{ x, y, colour }];
  });
}

function Scatter({ about, points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const pairs = pairsOf(points);
  if (pairs.length === 0) return <Unfit />;
  const [nameX = "x", nameY = "y"] = axesOf(about);
  const [xs, ys] = [pairs.map(({ x }) => x), pairs.map(({ y }) => y)];
  const x = scale(...bounds(xs, false), LEFT, width - 4);
  const y = scale(...bounds(ys, false), HEIGHT - BELOW, ABOVE);
  const colours = [...new Set(pairs.map(({ colour }) => colour))].filter((it) => it !== undefined);
  const { r } = correlation(pairs.map(({ x, y }) => [x, y]));
  const every = stepOf(about);
  return (
    <>
      <p class="series-keys">
        <strong>
          {r === undefined ? text.views.noPearson : text.views.pearson(derivedSigned(r))}
        </strong>
        <span>{text.views.pairs(count(pairs.length), every > 1 ? count(every) : "")}</span>
        {colours.slice(0, COLOURS).map((name, i) => (
          <span key={name}>
            <svg width="10" height="10" aria-hidden="true">
              <circle class={`series-${i + 1}`} cx="5" cy="5" r="4" />
            </svg>
            {name}
          </span>
        ))}
      </p>
      <Chart
        label={text.views.scatterLabel(nameX, nameY)}
        count={pairs.length}
        marked={marked}
        words={(i) => {
          const pair = pairs[i];
          if (!pair) return "";
          const place = `${nameX} ${derived(pair.x)} · ${nameY} ${derived(pair.y)}`;
          return pair.colour ? `${place} · ${pair.colour}` : place;
        }}
        width={width}
        height={HEIGHT}
      >
        <ValueAxis y={y} left={LEFT} right={width} />
        {x.ticks.map((tick) => (
          <text key={tick} x={x(tick)} y={HEIGHT - BELOW + 16} text-anchor="middle">
            {short(tick)}
          </text>
        ))}
        <text x={width - 4} y={HEIGHT - 4} text-anchor="end">
          {nameX} →
        </text>
        <text x={LEFT} y={HEIGHT - 4}>
          ↑ {nameY}
        </text>
        {pairs.map((pair, i) => {
          const series = pair.colour === undefined ? 0 : colours.indexOf(pair.colour) % COLOURS;
          return (
            <circle
              key={i}
              data-i={i}
              class={`scatter-pair series-${series + 1}${marked.value === i ? " ringed" : ""}`}
              cx={x(pair.x)}
              cy={y(pair.y)}
              r={marked.value === i ? 4 : 3}
            />
          );
        })}
      </Chart>
    </>
  );
}

/** Which of the datapoints are drawn: each, or every so many. */
function stepOf({ known }: About): number {
  return Math.max(Math.ceil(known.count / MAX_PAIRS), 1);
}

export const scatter: View = {
  id: "scatter",
  title: (about) => text.views.scatter(axesOf(about)[0] ?? "x", axesOf(about)[1] ?? "y"),
  when: (about) => axesOf(about).length > 1,
  script: (about) => {
    const [x = "", y = ""] = axesOf(about);
    const [colour] = categoryKeys(about);
    const entries = [`"x": ${element(x)}`, `"y": ${element(y)}`];
    if (colour !== undefined) entries.push(`"colour": ${element(colour)}`);
    const step = stepOf(about);
    return `${step > 1 ? `if i % ${step} == 0 | ` : ""}{${entries.join(", ")}}`;
  },
  size: "half",
  Picture: Scatter,
};
