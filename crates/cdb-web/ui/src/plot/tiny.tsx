// The newest datapoints in a row of a table: numbers are a line, states a bar, anything else ticks.

import type { Recent } from "../data/recent.ts";

const WIDTH = 96;
const HEIGHT = 24;
const MARGIN = 4;

export function Tiny({ recent, isSilent }: { recent: Recent; isSilent: boolean }) {
  const { times, values } = recent;
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || last === first) return null;
  const x = (t: number) => ((t - first) / (last - first)) * WIDTH;
  const box = `${-MARGIN} ${-MARGIN} ${WIDTH + 2 * MARGIN} ${HEIGHT + 2 * MARGIN}`;
  return (
    <svg class="tiny" viewBox={box} aria-hidden="true" focusable="false">
      {values === undefined ? (
        <path class="ticks" d={times.map((t) => `M${round(x(t))} 6v12`).join("")} />
      ) : typeof values[0] === "boolean" ? (
        <States times={times} values={values} x={x} />
      ) : (
        <Numbers times={times} values={values as number[]} x={x} isSilent={isSilent} />
      )}
    </svg>
  );
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

interface Drawn {
  times: number[];
  x: (t: number) => number;
}

function Numbers({ times, values, x, isSilent }: Drawn & { values: number[]; isSilent: boolean }) {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const y = (d: number) => (max === min ? HEIGHT / 2 : HEIGHT - ((d - min) / (max - min)) * HEIGHT);
  const points = times.map((t, i) => `${round(x(t))},${round(y(values[i] ?? 0))}`);
  const [cx, cy] = points.at(-1)?.split(",") ?? [];
  return (
    <>
      <polyline points={points.join(" ")} />
      <circle class={isSilent ? "silent" : ""} cx={cx} cy={cy} r="3" />
    </>
  );
}

/** Each state lasts until the next datapoint. */
function States({ times, values, x }: Drawn & { values: (number | boolean)[] }) {
  const on = times.flatMap((t, i) => {
    const end = times[i + 1];
    return values[i] && end !== undefined ? [`M${round(x(t))} 12H${round(x(end))}`] : [];
  });
  return (
    <>
      <path class="off" d={`M0 12H${WIDTH}`} />
      <path class="on" d={on.join("")} />
    </>
  );
}
