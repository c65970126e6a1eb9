// Runs in a browser: draws a stream from all of its datapoints and from what a plot asks for, and counts the
// pixels that differ.

import { Source, sourceOf } from "../src/data/tiles-source.ts";
import { bandOf } from "../src/plot/lines.ts";
import { paintBand } from "../src/plot/paint.ts";
import { type Rows, rowsOf } from "../src/plot/rows.ts";

export interface Drawn {
  /** The part of all pixels that differ. */
  differs: number;
  /** The part of all pixels that are drawn. */
  inked: number;
  /** The part of all pixels that a line of the browser itself has, and that are not even beside the band. */
  outside: number;
}

export interface Request {
  times: number[];
  numbers: number[];
  /** The answer of the server as floats, for a pixel more at each side. */
  answer: number[];
  t1: number;
  t2: number;
  width: number;
  height: number;
}

function context(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  if (!context) throw new Error("there is no canvas");
  return context;
}

function alphas(context: CanvasRenderingContext2D): Uint8Array {
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i + 3] ?? 0);
}

export function compare(request: Request): Drawn {
  const { times, numbers, answer, t1, t2, width, height } = request;
  const samples = times.map((t, i) => ({ t, d: numbers[i] ?? 0 }));
  const all = Source.of({ t1: times[0] ?? 0, t2: times.at(-1) ?? 0 }, samples, samples.length);
  const range = { t1, t2 };
  const pixel = (t2 - t1) / width;
  const whole = rowsOf([all], range, pixel);
  const scale = { low: whole.min, high: whole.max };
  const frame = {
    x: (t: number) => ((t - t1) / (t2 - t1)) * width,
    y: (d: number) => height - ((d - scale.low) / (scale.high - scale.low)) * height,
    width,
  };
  const draw = (rows: Rows) => {
    const drawn = context(width, height);
    paintBand(drawn, bandOf(rows, frame), 1, 1);
    return alphas(drawn);
  };
  const [raw, reduced] = [whole, rowsOf([sourceOf(Float64Array.from(answer))], range, pixel)].map(
    draw,
  );
  const line = context(width, height);
  line.beginPath();
  for (const { t, d } of samples) line.lineTo(frame.x(t), frame.y(d));
  line.stroke();
  const stroked = alphas(line);
  let [differs, inked, outside] = [0, 0, 0];
  for (let i = 0; i < width * height; i += 1) {
    if (reduced?.[i]) inked += 1;
    if (raw?.[i] !== reduced?.[i]) differs += 1;
    const isNear = [i, i - 1, i + 1, i - width, i + width].some((at) => reduced?.[at]);
    if ((stroked[i] ?? 0) > 127 && !isNear) outside += 1;
  }
  const pixels = width * height;
  return { differs: differs / pixels, inked: inked / pixels, outside: outside / pixels };
}
