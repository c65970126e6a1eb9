import { useSignal } from "@preact/signals";
import { weekStart } from "../data/week.ts";
import { weekdayOf } from "../data/zone.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Chart } from "./chart.tsx";
import { daysOf } from "./day-bars.tsx";
import { isMeasured, Legend, stepOf } from "./heat.tsx";
import { hasDays, isSum, numbers } from "./kinds.ts";
import { dayName, rough, withUnit } from "./numbers.ts";
import { daily } from "./scripts.ts";
import { Unfit } from "./unfit.tsx";
import type { About, PictureProps, View } from "./view.ts";

const DAY = 86_400;
const WEEKS = 53;
const LEFT = 32;
const ABOVE = 16;
const MAX_STEP = 18;

function Calendar({ about, points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const all = daysOf(points);
  const last = all.at(-1)?.day;
  if (last === undefined) return <Unfit />;
  // Whole weeks.
  const row = (day: number) => weekdayOf(day, weekStart.value);
  const from = last - row(last) - (WEEKS - 1) * 7;
  const days = all.filter(({ day }) => day >= from);
  const values = days.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const words = (n: number) => (numbers(about) ? withUnit(n, about) : count(n));
  const step = Math.min((width - LEFT) / WEEKS, MAX_STEP);
  const week = (day: number) => Math.floor((day - from) / 7);
  return (
    <>
      <Legend low={words(rough(low))} high={words(rough(high))} />
      <Chart
        label={text.views.calendarLabel(count(days.length), dayName(days[0]?.day ?? from, "full"))}
        count={days.length}
        below={1}
        marked={marked}
        words={(i) => `${dayName(days[i]?.day ?? from, "full")} · ${words(values[i] ?? 0)}`}
        width={width}
        height={ABOVE + 7 * step}
      >
        {days.map(({ day, value }, i) => (
          <rect
            key={day}
            data-i={i}
            class={`heat-${stepOf(value, low, high)}${marked.value === i ? " ringed" : ""}`}
            x={LEFT + week(day) * step}
            y={ABOVE + row(day) * step}
            width={Math.max(step - 1, 1)}
            height={Math.max(step - 1, 1)}
            rx={step > 8 ? 2 : 1}
          />
        ))}
        {monthsOf(from, last).map((day) => (
          <text key={day} x={LEFT + week(day) * step} y={10}>
            {dayName(day, "month")}
          </text>
        ))}
        {step > 10 &&
          [0, 2, 4, 6].map((row) => (
            <text key={row} x={0} y={ABOVE + (row + 0.5) * step} dominant-baseline="middle">
              {dayName(from + row, "weekday")}
            </text>
          ))}
      </Chart>
    </>
  );
}

/** The first day of every second month between two days. */
function monthsOf(from: number, to: number): number[] {
  const months: number[] = [];
  const date = new Date(from * DAY * 1000);
  for (let month = date.getUTCMonth() + 1; ; month += 2) {
    const day = Date.UTC(date.getUTCFullYear(), month, 1) / (DAY * 1000);
    if (day > to - 14) return months;
    months.push(day);
  }
}

/** What a day comes to. */
function measure(about: About): string {
  if (!numbers(about)) return "count";
  return isSum(about) ? "sum" : "mean";
}

export const calendar: View = {
  id: "calendar",
  title: () => text.views.calendar,
  when: (about) => isMeasured(about) && about.known.count > 1 && hasDays(about, 30),
  script: (about) => daily(measure(about), about.zone),
  bounds: ({ t2 }) => `&t1=${t2 - (WEEKS * 7 - 1) * DAY}&t2=${t2}`,
  size: "full",
  Picture: Calendar,
};
