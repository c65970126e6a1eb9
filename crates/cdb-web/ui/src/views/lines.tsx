// Small lines over time, which are drawn from few numbers.

export interface Spot {
  t: number;
  value: number;
}

/** A gap in time longer than so many usual distances is left open. */
const GAP = 5;

/** The parts of a line between which there are no data. */
export function partsOf(spots: Spot[]): Spot[][] {
  const distances = spots.slice(1).map(({ t }, i) => t - (spots[i]?.t ?? t));
  const usual = [...distances].sort((a, b) => a - b)[distances.length >> 1] ?? 0;
  const parts: Spot[][] = [];
  for (const [i, spot] of spots.entries()) {
    const distance = distances[i - 1] ?? Infinity;
    if (distance > usual * GAP) parts.push([spot]);
    else parts.at(-1)?.push(spot);
  }
  return parts;
}

/** A line through some numbers. */
export function LinePath(props: {
  spots: Spot[];
  x: (t: number) => number;
  y: (value: number) => number;
  class: string;
}) {
  const { spots, x, y } = props;
  return (
    <>
      {partsOf(spots).map((part) => (
        <polyline
          key={part[0]?.t}
          class={props.class}
          points={part.map(({ t, value }) => `${x(t).toFixed(1)},${y(value).toFixed(1)}`).join(" ")}
        />
      ))}
    </>
  );
}
