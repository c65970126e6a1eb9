import { useSignal } from "@preact/signals";
import { roundStep } from "../data/scale.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Chart } from "./chart.tsx";
import { numbers } from "./kinds.ts";
import { numberOf, short } from "./numbers.ts";
import { Unfit } from "./unfit.tsx";
import type { About, PictureProps, View } from "./view.ts";

const HEIGHT = 176;
const ABOVE = 18;
const BELOW = 20;

/** About how many bars there are. */
const BARS = 16;

// More than so many buckets are drawn as those that there are.
const MAX_BARS = 400;

export interface Bucket {
  low: number;
  high: number;
  count: number;
}

/** The size of buckets for numbers within bounds; whole for whole numbers. */
function bucketSize(min: number, max: number, areWhole: boolean): number {
  const size = roundStep((max - min) / BARS);
  return areWhole ? Math.max(Math.round(size), 1) : size;
}

/** Reads what `map(bucket(…), count)` gives: in order, with those that are empty. */
function bucketsOf(d: unknown): Bucket[] {
  const entries = typeof d === "object" && d !== null ? Object.entries(d) : [];
  const buckets = entries.flatMap(([name, n]): Bucket[] => {
    const [, low, high] = /^\[(.+),(.+)\)$/.exec(name) ?? [];
    const bucket = { low: Number(low), high: Number(high), count: numberOf(n) ?? Number.NaN };
    return Object.values(bucket).every(Number.isFinite) ? [bucket] : [];
  });
  buckets.sort((a, b) => a.low - b.low);
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (!first || !last) return [];
  const size = first.high - first.low;
  const all = Math.round((last.low - first.low) / size) + 1;
  if (!(all <= MAX_BARS)) return buckets;
  const held = new Map(buckets.map((it) => [Math.round((it.low - first.low) / size), it]));
  return Array.from({ length: all }, (_, i) => {
    const low = first.low + i * size;
    return held.get(i) ?? { low, high: low + size, count: 0 };
  });
}

function areWhole({ schema, known }: About): boolean {
  const { min = 0, max = 0 } = known.keys[""]?.number ?? {};
  return schema.type === "integer" && Number.isInteger(min) && Number.isInteger(max);
}

function Histogram({ about, points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const buckets = bucketsOf(points.at(-1)?.d);
  const most = Math.max(...buckets.map(({ count }) => count));
  if (buckets.length === 0 || most <= 0) return <Unfit />;
  const step = Math.min(width / buckets.length, 64);
  const height = (n: number) => (n / most) * (HEIGHT - ABOVE - BELOW);
  const shown = marked.value ?? buckets.findIndex(({ count }) => count === most);
  const isOne = areWhole(about) && buckets[0]?.high === (buckets[0]?.low ?? 0) + 1;
  const name = ({ low, high }: Bucket) =>
    isOne ? short(low) : text.views.between(short(low), short(high));
  const every = Math.ceil(56 / step);
  return (
    <Chart
      label={text.views.histogramLabel(count(buckets.length))}
      count={buckets.length}
      marked={marked}
      words={(i) =>
        `${name(buckets[i] as Bucket)} · ${text.views.times(count(buckets[i]?.count ?? 0))}`
      }
      width={width}
      height={HEIGHT}
    >
      {buckets.map((bucket, i) => {
        const top = HEIGHT - BELOW - height(bucket.count);
        return (
          <g key={bucket.low} data-i={i} class={i === shown ? "chart-bar most" : "chart-bar less"}>
            <rect class="hit" x={i * step} y={0} width={step} height={HEIGHT - BELOW} />
            <rect
              x={i * step}
              y={top}
              width={Math.max(step - 1.5, 1)}
              height={height(bucket.count)}
              rx={step > 8 ? 1.5 : 0}
            />
          </g>
        );
      })}
      <line
        class="zero"
        x1={0}
        x2={buckets.length * step}
        y1={HEIGHT - BELOW}
        y2={HEIGHT - BELOW}
      />
      <Label
        x={(shown + 0.5) * step}
        y={HEIGHT - BELOW - height(buckets[shown]?.count ?? 0) - 6}
        width={width}
      >
        {short(buckets[shown]?.count ?? 0)}
      </Label>
      {buckets.map(({ low }, i) =>
        i % every === 0 ? (
          <text
            key={low}
            x={isOne ? (i + 0.5) * step : Math.max(i * step, 0)}
            y={HEIGHT - 4}
            text-anchor={isOne ? "middle" : "start"}
          >
            {short(low)}
          </text>
        ) : null,
      )}
    </Chart>
  );
}

/** A number above a bar, which stays within the picture. */
function Label(props: { x: number; y: number; width: number; children: string }) {
  const room = props.children.length * 4;
  const x = Math.min(Math.max(props.x, room), props.width - room);
  return (
    <text class="strong" x={x} y={props.y} text-anchor="middle">
      {props.children}
    </text>
  );
}

export const histogram: View = {
  id: "histogram",
  title: () => text.views.histogram,
  when: (about) => {
    const all = numbers(about);
    return all !== undefined && all.max > all.min;
  },
  script: (about) => {
    const { min = 0, max = 1 } = numbers(about) ?? {};
    return `map(bucket(${bucketSize(min, max, areWhole(about))}), count)`;
  },
  size: "small",
  Picture: Histogram,
};
