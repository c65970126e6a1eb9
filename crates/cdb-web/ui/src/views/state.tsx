import { useSignal } from "@preact/signals";
import { text } from "../text/en.ts";
import { count, dateTime, value } from "../text/format.ts";
import { span } from "../text/times.ts";
import { Chart } from "./chart.tsx";
import { areBooleans, categories } from "./kinds.ts";
import { drawable, type Run, runsOf } from "./states.ts";
import { TimeAxis } from "./time-axis.tsx";
import { Unfit } from "./unfit.tsx";
import type { PictureProps, View } from "./view.ts";

const BAR = 20;
const BELOW = 22;

/** As many states have a colour of their own. */
const COLOURS = 6;

function State({ about, points, width }: PictureProps) {
  const marked = useSignal<number | undefined>(undefined);
  const end = about.isPart ? about.t2 : Math.max(about.now, about.t2);
  const t1 = Math.max(about.t1, points[0]?.t ?? about.t1);
  const runs = drawable(runsOf(points, t1, end), (end - t1) / width);
  const states = [...new Set(points.map(({ d }) => d))];
  if (runs.length === 0) return <Unfit />;
  const x = (t: number) => ((t - t1) / (end - t1)) * width;
  const colour = (state: unknown) => colourOf(state, states);
  const words = ({ state, from, to }: Run) =>
    text.views.stateFor(value(state), span(to - from), dateTime(from));
  return (
    <>
      <p class="series-keys">
        {states.slice(0, COLOURS).map((state) => (
          <span key={String(state)}>
            <svg width="10" height="10" aria-hidden="true">
              <rect class={colour(state)} width="10" height="10" rx="2" />
            </svg>
            {value(state)}
          </span>
        ))}
      </p>
      <Chart
        label={text.views.stateLabel(count(runs.length))}
        count={runs.length}
        marked={marked}
        words={(i) => (runs[i] ? words(runs[i]) : "")}
        width={width}
        height={BAR + BELOW}
      >
        {runs.map((run, i) => (
          <rect
            key={run.from}
            data-i={i}
            class={`${colour(run.state)}${marked.value === i ? " ringed" : ""}`}
            x={x(run.from)}
            y={2}
            width={Math.max(x(run.to) - x(run.from), 0.5)}
            height={BAR - 4}
          />
        ))}
        <TimeAxis t1={t1} t2={end} left={0} width={width} y={BAR + BELOW - 4} />
      </Chart>
    </>
  );
}

/** Off has no colour. */
function colourOf(state: unknown, states: unknown[]): string {
  if (state === false || state === null) return "state-off";
  const coloured = states.filter((it) => it !== false && it !== null);
  return `series-${(coloured.indexOf(state) % COLOURS) + 1}`;
}

export const state: View = {
  id: "state",
  title: () => text.views.state,
  when: (about) => areBooleans(about) || (categories(about)?.length ?? Infinity) <= COLOURS * 2,
  script: () => "if changed",
  size: "full",
  Picture: State,
};
