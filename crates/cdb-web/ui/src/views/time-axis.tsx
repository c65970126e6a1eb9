import { ownZone } from "../data/wall.ts";
import { timeTicks } from "../plot/time-axis.ts";

/** How far apart times are named at least, in pixels. */
const NAME = 110;

/** Names of round times of one's own clock, below a picture. */
export function TimeAxis(props: {
  t1: number;
  t2: number;
  left: number;
  width: number;
  y: number;
}) {
  const { t1, t2, left, width, y } = props;
  const distance = ((t2 - t1) / Math.max(width - left, 1)) * NAME;
  const x = (t: number) => left + ((t - t1) / (t2 - t1)) * (width - left);
  return (
    <>
      {timeTicks({ t1, t2 }, distance, ownZone()).map(({ t, label, isLarge }) => (
        <text
          key={t}
          class={isLarge ? "large" : undefined}
          x={Math.min(Math.max(x(t), left + 20), width - 24)}
          y={y}
          text-anchor="middle"
        >
          {label}
        </text>
      ))}
    </>
  );
}
