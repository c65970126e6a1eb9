// The time that is pointed at, above all plots of a board.

import type { ReadonlySignal } from "@preact/signals";
import type { Shown } from "../../plot/picture.ts";
import { rangeWords } from "../../plot/words.ts";
import { ownZone } from "../../plot/zone.ts";

export function CursorTime(props: {
  cursor: ReadonlySignal<number | undefined>;
  /** What the first plot shows: all have the same times. */
  shown: ReadonlySignal<Shown | undefined>;
}) {
  const { cursor, shown } = props;
  const [t, drawn] = [cursor.value, shown.value];
  return (
    <div class="board-time">
      {drawn && t === undefined && (
        <p class="hint">{rangeWords(drawn.range, drawn.pixel, ownZone())}</p>
      )}
      {drawn && t !== undefined && (
        <div>
          <p class="tag" style={{ "--x": `${placeOf(t, drawn)}px` }}>
            {rangeWords({ t1: t, t2: t }, drawn.pixel, ownZone())}
          </p>
        </div>
      )}
    </div>
  );
}

/** How far from the left edge of the plots a time is, in pixels. */
function placeOf(t: number, { range, layout }: Shown): number {
  const { left, width } = layout.box;
  return Math.round(left + ((t - range.t1) / (range.t2 - range.t1)) * width);
}
