import type { Plot } from "../api/objects.ts";
import { text } from "../text/en.ts";
import { shape } from "./shape.ts";

const WIDTH = 128;
const HEIGHT = 40;
const MARGIN = 4;

/** A small line without numbers, which ends in a dot. */
export function Sparkline({ plot, label }: { plot: Plot; label: string }) {
  const drawn = shape(plot, WIDTH, HEIGHT);
  if (!drawn) return null;
  const box = `${-MARGIN} ${-MARGIN} ${WIDTH + 2 * MARGIN} ${HEIGHT + 2 * MARGIN}`;
  return (
    <svg class="spark" viewBox={box} role="img" aria-label={text.stream.plot(label)}>
      {drawn.lines.map((line) => (
        <polyline key={line[0]?.[0]} points={line.map(([x, y]) => `${x},${y}`).join(" ")} />
      ))}
      <circle cx={drawn.end[0]} cy={drawn.end[1]} r="3" />
    </svg>
  );
}
