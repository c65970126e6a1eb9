/** The colour of a series, from 0. From the seventh on it is dashed. */
export function Swatch({ colour }: { colour: number }) {
  const dashed = colour >= 6 ? " dashed" : "";
  return <span class={`swatch series-${(colour % 6) + 1}${dashed}`} />;
}
