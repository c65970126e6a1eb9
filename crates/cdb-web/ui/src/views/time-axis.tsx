import { date } from "../text/format.ts";

/** How far apart times are named at least, in pixels. */
const NAME = 110;

const HOUR = 3600;
const DAY = 86_400;
const STEPS = [60, 300, 900, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const SHORT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** Names of some times below a picture. */
export function TimeAxis(props: {
  t1: number;
  t2: number;
  left: number;
  width: number;
  y: number;
}) {
  const { t1, t2, left, width, y } = props;
  const rough = ((t2 - t1) / Math.max(width - left, 1)) * NAME;
  const step = STEPS.find((it) => it >= rough) ?? Math.ceil(rough / (7 * DAY)) * 7 * DAY;
  const offset = new Date(t1 * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((t1 - offset) / step) * step + offset;
  const x = (t: number) => left + ((t - t1) / (t2 - t1)) * (width - left);
  const times: number[] = [];
  for (let t = first; t <= t2; t += step) times.push(t);
  return (
    <>
      {times.map((t) => (
        <text
          key={t}
          x={Math.min(Math.max(x(t), left + 20), width - 24)}
          y={y}
          text-anchor="middle"
        >
          {nameOf(t, step, t2 - t1)}
        </text>
      ))}
    </>
  );
}

function nameOf(t: number, step: number, span: number): string {
  if (step < DAY) return CLOCK.format(t * 1000);
  return span > 365 * DAY ? date(t) : SHORT.format(t * 1000);
}
