import { useSignal } from "@preact/signals";
import { bounds, scale } from "../data/scale.ts";
import { text } from "../text/en.ts";
import { date, derived } from "../text/format.ts";
import { Chart } from "./chart.tsx";
import { hasDays, numberKeys } from "./kinds.ts";
import { LinePath, type Spot } from "./lines.tsx";
import { numberOf } from "./numbers.ts";
import { daily, element, hourly } from "./scripts.ts";
import { TimeAxis } from "./time-axis.tsx";
import { Unfit } from "./unfit.tsx";
import type { About, PictureProps, View } from "./view.ts";

const ROW = 56;
const BELOW = 20;
const LEFT = 112;

/** As many lines are drawn. */
const MAX_KEYS = 8;

/** The numbers of each key over time. */
export function linesOf(points: PictureProps["points"]): [string, Spot[]][] {
  const lines = new Map<string, Spot[]>();
  for (const { t, d } of points) {
    const entries = typeof d === "object" && d !== null ? Object.entries(d) : [];
    for (const [key, n] of entries) {
      const value = numberOf(n);
      if (value === undefined) continue;
      const line = lines.get(key);
      if (line) line.push({ t, value });
      else lines.set(key, [{ t, value }]);
    }
  }
  return [...lines].slice(0, MAX_KEYS);
}

/** Each number of objects as a line with a scale of its own, on one axis of time. */
function Keys({ points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const lines = linesOf(points);
  if (lines.length === 0) return <Unfit />;
  const times = points.map(({ t }) => t);
  const [t1, t2] = [Math.min(...times), Math.max(...times)];
  const span = t2 - t1 || 1;
  const left = Math.min(LEFT, width / 3);
  const x = (t: number) => left + ((t - t1) / span) * (width - left - 4);
  const at = marked.value;
  const bottom = lines.length * ROW;
  return (
    <Chart
      label={text.views.keysLabel(lines.map(([key]) => key).join(", "))}
      count={points.length}
      marked={marked}
      words={(i) => {
        const point = points[i];
        const values = Object.entries((point?.d ?? {}) as Record<string, unknown>);
        const words = values.map(([key, n]) => `${key} ${derived(numberOf(n) ?? 0)}`);
        return [date(point?.t ?? 0), ...words].join(" · ");
      }}
      width={width}
      height={bottom + BELOW}
    >
      {lines.map(([key, spots], row) => {
        const values = spots.map(({ value }) => value);
        const y = scale(...bounds(values, false), (row + 1) * ROW - 8, row * ROW + 8);
        return (
          <g key={key}>
            <line class="tick" x1={0} x2={width} y1={(row + 1) * ROW} y2={(row + 1) * ROW} />
            <text class="strong" x={0} y={row * ROW + 24}>
              {key}
            </text>
            <text x={0} y={row * ROW + 40}>
              {text.stream.fromTo(derived(Math.min(...values)), derived(Math.max(...values)))}
            </text>
            <LinePath class={`line-${(row % 6) + 1}`} spots={spots} x={x} y={y} />
          </g>
        );
      })}
      {at !== undefined && (
        <line class="cursor" x1={x(times[at] ?? t1)} x2={x(times[at] ?? t1)} y1={0} y2={bottom} />
      )}
      {times.map((t, i) => {
        const from = i === 0 ? left : (x(times[i - 1] ?? t) + x(t)) / 2;
        const to = i === times.length - 1 ? width : (x(t) + x(times[i + 1] ?? t)) / 2;
        return (
          <rect
            key={t}
            data-i={i}
            class="hit"
            x={from}
            y={0}
            width={Math.max(to - from, 0)}
            height={bottom}
          />
        );
      })}
      <TimeAxis t1={t1} t2={t1 + span} left={left} width={width} y={bottom + BELOW - 4} />
    </Chart>
  );
}

export const keys: View = {
  id: "keys",
  title: (about: About) => (hasDays(about, 4) ? text.views.keysDay : text.views.keysHour),
  when: (about) => numberKeys(about).length > 0 && about.known.count > 1,
  script: (about) => {
    const entries = numberKeys(about)
      .slice(0, MAX_KEYS)
      .map((key) => `${JSON.stringify(key)}: ${element(key)}:mean`);
    const object = `{${entries.join(", ")}}`;
    return hasDays(about, 4) ? daily(object, about.zone) : hourly(object, about.zone);
  },
  size: "full",
  Picture: Keys,
};
