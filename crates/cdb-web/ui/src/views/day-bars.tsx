import { useSignal } from "@preact/signals";
import { bounds, scale } from "../data/scale.ts";
import { isA } from "../data/schema.ts";
import { dayOf } from "../data/zone.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Chart } from "./chart.tsx";
import { dayName, numberOf, withUnit } from "./numbers.ts";
import { Unfit } from "./unfit.tsx";
import { ValueAxis } from "./value-axis.tsx";
import type { About, PictureProps } from "./view.ts";

const HEIGHT = 168;
const LEFT = 40;
const ABOVE = 6;
const BELOW = 20;

/** No bar is narrower, with the gap beside it, in pixels. */
const MIN_STEP = 3;

/** How far apart the names of days are at least, in pixels. */
const NAME = 84;

export interface Day {
  day: number;
  value: number;
}

/** The numbers that a script gives a day, of which the last one of each day counts. */
export function daysOf(points: PictureProps["points"]): Day[] {
  const days = new Map<number, number>();
  for (const { t, d } of points) {
    const value = numberOf(d);
    if (value !== undefined) days.set(dayOf(t), value);
  }
  return [...days].map(([day, value]) => ({ day, value })).sort((a, b) => a.day - b.day);
}

export interface DayBarsProps extends PictureProps {
  /** A value in words. */
  words?: (value: number, about: About) => string;
  /** What is 1 at the axis, and its unit. */
  axis?: { one: number; unit: string };
}

/** Seconds, of which an axis has hours. */
export const HOURS = { one: 3600, unit: "\u2009h" };

/** A bar for each day, from zero. */
export function DayBars(props: DayBarsProps) {
  const { about, points, width, words = withUnit } = props;
  const isDuration = isA(about.stream.datatype, "duration") && about.unit !== "";
  const { one, unit } = props.axis ?? (isDuration ? HOURS : { one: 1, unit: "" });
  const marked = useSignal<number | undefined>(undefined);
  const all = daysOf(points);
  const last = all.at(-1);
  if (!last) return <Unfit />;
  const inner = width - LEFT;
  const fit = Math.max(Math.floor(inner / MIN_STEP), 1);
  const from = Math.max(all[0]?.day ?? last.day, last.day - fit + 1);
  const days = all.filter(({ day }) => day >= from);
  const step = Math.min(inner / (last.day - from + 1), 40);
  const values = days.map(({ value }) => value / one);
  const place = scale(...bounds(values, true), HEIGHT - BELOW, ABOVE);
  const y = (value: number) => place(value / one);
  const x = (day: number) => LEFT + (day - from) * step;
  const today = dayOf(about.now);
  const gap = step > 6 ? 2 : step > 2 ? 1 : 0;
  return (
    <>
      <Chart
        label={text.views.daysLabel(count(days.length), dayName(from, "full"))}
        count={days.length}
        marked={marked}
        words={(i) => {
          const { day, value } = days[i] ?? last;
          return `${dayName(day, "full")} · ${words(value, about)}`;
        }}
        width={width}
        height={HEIGHT}
      >
        <ValueAxis y={place} left={LEFT} right={width} unit={unit} />
        {days.map(({ day, value }, i) => {
          const [top, bottom] = [y(Math.max(value, 0)), y(Math.min(value, 0))];
          const isMarked = marked.value === i;
          return (
            <g key={day} data-i={i} class={day === today ? "chart-bar part" : "chart-bar"}>
              <rect class="hit" x={x(day)} y={ABOVE} width={step} height={HEIGHT - BELOW - ABOVE} />
              <rect
                class={isMarked ? "marked" : ""}
                x={x(day)}
                y={top}
                width={Math.max(step - gap, 0.5)}
                height={Math.max(bottom - top, 0.5)}
                rx={step > 8 ? 1.5 : 0}
              />
            </g>
          );
        })}
        <Names from={from} to={last.day} x={x} step={step} y={HEIGHT - 4} />
      </Chart>
      {days.length < all.length && (
        <p class="hint">{text.views.lastDays(count(days.length), count(all.length))}</p>
      )}
    </>
  );
}

/** Names of some days, in even steps that end with weeks or months. */
export function Names(props: {
  from: number;
  to: number;
  x: (day: number) => number;
  step: number;
  y: number;
}) {
  const { from, to, x, step, y } = props;
  const every = [1, 2, 7, 14, 28, 56, 91, 182, 364].find((it) => it * step >= NAME) ?? 364;
  const days: number[] = [];
  // Mondays where it is weeks.
  const first = every < 7 ? from : from + ((4 - (from % 7) + 7) % 7);
  for (let day = first; day <= to; day += every) days.push(day);
  return (
    <>
      {days.map((day) => (
        <text key={day} x={x(day)} y={y} text-anchor={day === from ? "start" : "middle"}>
          {dayName(day, "day")}
        </text>
      ))}
    </>
  );
}
