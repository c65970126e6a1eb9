// The colours of a canvas, which are those of the page around it.

export interface Palette {
  ink: string;
  ink3: string;
  line: string;
  edge: string;
  sunken: string;
  surface: string;
  wash: string;
  accent: string;
  onAccent: string;
  series: string[];
  /** How strong the exact line is behind the mean. */
  bandAlpha: number;
  font: string;
}

/** How many colours there are. */
const COLOURS = 6;

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"),
    ink3: token("ink3"),
    line: token("line"),
    edge: token("edge"),
    sunken: token("sunken"),
    surface: token("surface"),
    wash: token("wash"),
    accent: token("accent"),
    onAccent: token("on-accent"),
    series: Array.from({ length: COLOURS }, (_, i) => token(`series-${i + 1}`)),
    bandAlpha: Number(token("band-alpha")) || 0.36,
    font: style.fontFamily,
  };
}

/** The colour of the nth series, from 0, and how it is dashed: more than six are. */
export function strokeOf(palette: Palette, n: number): { colour: string; dash: number[] } {
  const dashes = [[], [6, 3], [2, 3]];
  const dash = dashes[Math.floor(n / COLOURS)] ?? [];
  return { colour: palette.series[n % COLOURS] ?? palette.ink, dash };
}
