// The time that is pointed at, above all plots of a board.

import type { ReadonlySignal } from "@preact/signals";
import type { Range } from "../../data/tiles.ts";
import { ownZone } from "../../data/wall.ts";
import { rangeWords } from "../../plot/words.ts";

export function CursorTime(props: {
  cursor: ReadonlySignal<number | undefined>;
  range: ReadonlySignal<Range | undefined>;
  /** How wide the plots are, in pixels of the screen. */
  pixels: ReadonlySignal<number>;
}) {
  const [t, range] = [props.cursor.value, props.range.value];
  const width = props.pixels.value / (devicePixelRatio || 1);
  if (!range || width === 0) return <div class="board-time" />;
  const span = range.t2 - range.t1;
  const zone = ownZone();
  if (t === undefined) {
    return (
      <div class="board-time">
        <p class="hint">{rangeWords(range, span / width, zone)}</p>
      </div>
    );
  }
  const x = Math.round(((t - range.t1) / span) * width);
  return (
    <div class="board-time">
      <div>
        <p class="tag" style={{ "--x": `${x}px` }}>
          {rangeWords({ t1: t, t2: t }, span / width, zone)}
        </p>
      </div>
    </div>
  );
}
