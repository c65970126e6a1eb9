import { useSignal } from "@preact/signals";
import { quoted } from "../data/script.ts";
import { weekStart } from "../data/week.ts";
import { MONDAY } from "../data/zone.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Chart } from "./chart.tsx";
import { areBooleans, areStrings, hasDays, isSum, numbers } from "./kinds.ts";
import { dayName, numberOf, rough, withUnit } from "./numbers.ts";
import { Unfit } from "./unfit.tsx";
import type { About, PictureProps, View } from "./view.ts";

const LEFT = 40;
const ROW = 19;
const BELOW = 20;
const HOURS = 24;

/** As PipeScript has them, from Monday on. */
export const WEEKDAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
];

/** How many colours there are. */
export const STEPS = 7;

/** The colour of a number between two others, from 0 to 6. */
export function stepOf(value: number, low: number, high: number): number {
  if (high <= low) return STEPS >> 1;
  return Math.min(Math.floor(((value - low) / (high - low)) * STEPS), STEPS - 1);
}

/**
 * Reads what `map(weekday, map(dayhour, …))` gives, by hour of the week. Weeks begin on a day from 0, Monday, to 6.
 */
function hoursOf(d: unknown, weekStart: number): (number | undefined)[] {
  const days = typeof d === "object" && d !== null ? (d as Record<string, unknown>) : {};
  return WEEKDAYS.flatMap((_, row) => {
    const day = days[WEEKDAYS[(row + weekStart) % 7] ?? ""];
    const hours = typeof day === "object" && day !== null ? (day as Record<string, unknown>) : {};
    return Array.from({ length: HOURS }, (_, hour) => numberOf(hours[hour]));
  });
}

/** What numbers of an hour come to: degrees are averaged, steps added up, and anything else is counted. */
function measure(about: About): "mean" | "sum" | "count" {
  if (!numbers(about)) return "count";
  return isSum(about) ? "sum" : "mean";
}

/** Whether the times say something: programs write objects as often by night as by day. */
export function isMeasured(about: About): boolean {
  return numbers(about) !== undefined || areStrings(about) || areBooleans(about);
}

function Heat({ about, points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const hours = hoursOf(points.at(-1)?.d, weekStart.value);
  const values = hours.filter((it) => it !== undefined);
  if (values.length === 0) return <Unfit />;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const words = (n: number) => (measure(about) === "count" ? count(n) : withUnit(n, about));
  const step = (width - LEFT) / HOURS;
  const weekday = (row: number) => dayName(MONDAY + row + weekStart.value, "weekday");
  return (
    <>
      <Legend low={words(rough(low))} high={words(rough(high))} />
      <Chart
        label={text.views.heatLabel(words(low), words(high))}
        count={hours.length}
        below={HOURS}
        marked={marked}
        words={(i) => {
          const value = hours[i];
          const hour = `${weekday(Math.floor(i / HOURS))} ${i % HOURS}:00`;
          return `${hour} · ${value === undefined ? text.none : words(value)}`;
        }}
        width={width}
        height={7 * ROW + BELOW}
      >
        {hours.map((value, i) => {
          const colour = value === undefined ? "none" : stepOf(value, low, high);
          return (
            <rect
              key={i}
              data-i={i}
              class={`heat-${colour}${marked.value === i ? " ringed" : ""}`}
              x={LEFT + (i % HOURS) * step}
              y={Math.floor(i / HOURS) * ROW}
              width={Math.max(step - 1, 1)}
              height={ROW - 1}
              rx="2"
            />
          );
        })}
        {WEEKDAYS.map((name, row) => (
          <text key={name} x={0} y={row * ROW + ROW / 2} dominant-baseline="middle">
            {weekday(row)}
          </text>
        ))}
        {[0, 6, 12, 18].map((hour) => (
          <text key={hour} x={LEFT + hour * step} y={7 * ROW + 14}>
            {hour}:00
          </text>
        ))}
      </Chart>
    </>
  );
}

/** What the colours are, from the lowest to the highest. */
export function Legend({ low, high }: { low: string; high: string }) {
  return (
    <p class="legend">
      {low}
      <svg width={STEPS * 11} height="10" aria-hidden="true">
        {Array.from({ length: STEPS }, (_, i) => (
          <rect key={i} class={`heat-${i}`} x={i * 11} y="0" width="10" height="10" />
        ))}
      </svg>
      {high}
    </p>
  );
}

export const heat: View = {
  id: "heat",
  title: () => text.views.heat,
  when: (about) => isMeasured(about) && about.known.count > 1 && hasDays(about, 7),
  script: (about) => {
    const zone = quoted(about.zone);
    return `map(weekday(${zone}), map(dayhour(${zone}), ${measure(about)}))`;
  },
  size: "large",
  Picture: Heat,
};
