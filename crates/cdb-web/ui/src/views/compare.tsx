import { useSignal } from "@preact/signals";
import { bounds, scale } from "../data/scale.ts";
import { text } from "../text/en.ts";
import { derived } from "../text/format.ts";
import { span as length } from "../text/times.ts";
import { Chart } from "./chart.tsx";
import { hasDays, isSum, numbers } from "./kinds.ts";
import { LinePath, type Spot } from "./lines.tsx";
import { numberOf, withUnit } from "./numbers.ts";
import { daily, hourly } from "./scripts.ts";
import { Unfit } from "./unfit.tsx";
import { ValueAxis } from "./value-axis.tsx";
import type { About, PictureProps, View } from "./view.ts";

const DAY = 86_400;
const HEIGHT = 168;
const LEFT = 40;
const BELOW = 20;
const ABOVE = 8;

/** How long the two periods are: the range, or a month of everything. */
function periodOf({ t1, t2, isPart }: Pick<About, "t1" | "t2" | "isPart">): number {
  return isPart ? Math.max(t2 - t1, 1) : 30 * DAY;
}

export interface Periods {
  now: Spot[];
  before: Spot[];
}

/** Splits numbers into those of a period and of the one before, both counted from their starts. */
function periodsOf(points: PictureProps["points"], t2: number, period: number): Periods {
  const periods: Periods = { now: [], before: [] };
  for (const { t, d } of points) {
    const value = numberOf(d);
    if (value === undefined) continue;
    const since = t - (t2 - period);
    if (since > 0) periods.now.push({ t: since, value });
    else periods.before.push({ t: since + period, value });
  }
  return periods;
}

function Compare({ about, points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const period = periodOf(about);
  const { now, before } = periodsOf(points, about.t2, period);
  if (now.length === 0) return <Unfit />;
  const values = [...now, ...before].map(({ value }) => value);
  const x = (t: number) => LEFT + (t / period) * (width - LEFT - 4);
  const y = scale(...bounds(values, isSum(about)), HEIGHT - BELOW, ABOVE);
  const at = now[marked.value ?? -1];
  const nearest = (t: number) =>
    before.reduce<Spot | undefined>(
      (best, it) => (!best || Math.abs(it.t - t) < Math.abs(best.t - t) ? it : best),
      undefined,
    );
  const mean = (spots: Spot[]) => spots.reduce((sum, { value }) => sum + value, 0) / spots.length;
  return (
    <>
      <p class="series-keys">
        <span>
          <svg width="16" height="10" aria-hidden="true">
            <line class="line-1" x1="0" x2="16" y1="5" y2="5" />
          </svg>
          {text.views.thisPeriod(withUnit(mean(now), about))}
        </span>
        {before.length > 0 && (
          <span>
            <svg width="16" height="10" aria-hidden="true">
              <line class="line-before" x1="0" x2="16" y1="5" y2="5" />
            </svg>
            {text.views.periodBefore(withUnit(mean(before), about))}
          </span>
        )}
        {before.length === 0 && <span>{text.views.nothingBefore}</span>}
      </p>
      <Chart
        label={text.views.compareLabel(length(period))}
        count={now.length}
        marked={marked}
        words={(i) => {
          const spot = now[i];
          const other = spot && nearest(spot.t);
          if (!spot) return "";
          const words = `${text.views.into(length(spot.t))} · ${withUnit(spot.value, about)}`;
          return other ? `${words} · ${text.views.before(derived(other.value))}` : words;
        }}
        width={width}
        height={HEIGHT}
      >
        <ValueAxis y={y} left={LEFT} right={width} />
        <LinePath class="line-before" spots={before} x={x} y={y} />
        <LinePath class="line-1" spots={now} x={x} y={y} />
        {at && <line class="cursor" x1={x(at.t)} x2={x(at.t)} y1={0} y2={HEIGHT - BELOW} />}
        {now.map(({ t }, i) => {
          const from = i === 0 ? LEFT : (x(now[i - 1]?.t ?? t) + x(t)) / 2;
          const to = i === now.length - 1 ? width : (x(t) + x(now[i + 1]?.t ?? t)) / 2;
          return (
            <rect
              key={t}
              data-i={i}
              class="hit"
              x={from}
              y={0}
              width={Math.max(to - from, 0)}
              height={HEIGHT - BELOW}
            />
          );
        })}
        <text x={LEFT} y={HEIGHT - 4}>
          {text.views.start}
        </text>
        <text x={width - 4} y={HEIGHT - 4} text-anchor="end">
          {length(period)}
        </text>
      </Chart>
    </>
  );
}

export const compare: View = {
  id: "compare",
  title: (about) => text.views.compare(length(periodOf(about))),
  when: (about) =>
    numbers(about) !== undefined && about.known.count > 1 && (about.isPart || hasDays(about, 31)),
  script: (about) => {
    const script = isSum(about) ? "sum" : "mean";
    return periodOf(about) > 3 * DAY ? daily(script, about.zone) : hourly(script, about.zone);
  },
  bounds: (about) => `&t1=${about.t2 - 2 * periodOf(about)}&t2=${about.t2}`,
  size: "half",
  Picture: Compare,
};
