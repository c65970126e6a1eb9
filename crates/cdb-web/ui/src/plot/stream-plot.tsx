import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { COLUMNS, type Range } from "../data/tiles.ts";
import { go, path as page, search } from "../route.ts";
import { text } from "../text/en.ts";
import { count, derived, value } from "../text/format.ts";
import { Failure } from "../widgets/failure.tsx";
import { Hint, useGestures } from "./hint.tsx";
import type { Shown } from "./picture.ts";
import { Plot } from "./plot.tsx";
import { Readout } from "./readout.tsx";
import type { Rows } from "./rows.ts";
import { Selection } from "./selection.tsx";
import { Strip } from "./strip.tsx";
import { Tools } from "./tools.tsx";
import { useSeries } from "./use-series.ts";
import {
  between,
  isAtEnd,
  type Look,
  lookOf,
  rangeOf,
  searchOf,
  wholeColumns,
  zoom,
} from "./window.ts";

export interface StreamPlotProps {
  /** `user/device/stream`. */
  path: string;
  /** What the stream is called. */
  name: string;
  unit?: string;
  /** The key of objects that is drawn; the values themselves if it is missing. */
  field?: string;
  /** A script whose results are drawn in place of the datapoints. */
  transform?: string;
  /** Whether one may delete datapoints. */
  canDelete: boolean;
  /** Whether one has written them oneself, so that they can be put back as they were. */
  isOwn?: boolean;
  onChanged?: () => void;
  /** What stands at the left above the plot, such as a choice of ranges. */
  children?: ComponentChildren;
}

const MOVE_BACK = 200;
const EVERYTHING: Look = { kind: "live", seconds: undefined };

/**
 * A stream in one plot, with a strip of all of it, and tools. What is seen is in the address: `t1` and `t2`, or
 * `range` or `span` for the newest.
 */
export function StreamPlot(props: StreamPlotProps) {
  const { path, name, unit = "", field = "", transform = "", children } = props;
  const id = useId();
  const stores = useSeries([{ path, key: field, transform }]);
  const series = useMemo(() => stores.map((series) => ({ series, colour: 0 })), [stores]);
  const [store] = stores;
  const cursor = useSignal<number | undefined>(undefined);
  const selection = useSignal<Range | undefined>(undefined);
  const shown = useSignal<Shown | undefined>(undefined);
  const pixels = useSignal(0);
  const spoken = useSignal(0);
  /** The range while it moves. */
  const moving = useSignal<Range | undefined>(undefined);
  const range = useSignal<Range | undefined>(undefined);
  const gestures = useGestures();
  const look = useComputed(() => lookOf(search.value));

  useSignalEffect(() => {
    const extent =
      store?.extent.value ?? (look.value.kind === "fixed" ? look.value.range : undefined);
    if (extent && pixels.value > 0) {
      const next = moving.value ?? rangeOf(look.value, extent, pixels.value);
      const now = range.peek();
      if (now?.t1 !== next.t1 || now.t2 !== next.t2) range.value = next;
    }
  });

  const seek = (next: Look) => {
    moving.value = undefined;
    go(page.peek() + searchOf(next, search.peek()));
  };
  const move = (to: Range, isDone: boolean) => {
    moving.value = to;
    if (!isDone) return;
    // What follows the newest goes on to do so when it is only made longer or shorter.
    const extent = store?.extent.peek();
    const isLive = look.peek().kind === "live" && extent && isAtEnd(to, extent, pixels.peek());
    seek(isLive ? { kind: "live", seconds: to.t2 - to.t1 } : { kind: "fixed", range: to });
  };
  const zoomBy = (factor: number) => {
    const [seen, extent] = [range.peek(), store?.extent.peek()];
    if (!seen || !extent) return;
    const isLive = look.peek().kind === "live";
    const at = cursor.peek() ?? (isLive ? seen.t2 : (seen.t1 + seen.t2) / 2);
    const to = zoom(seen, at, factor, extent);
    seek(
      isLive && at === seen.t2
        ? { kind: "live", seconds: to.t2 - to.t1 }
        : { kind: "fixed", range: to },
    );
  };
  const backToLive = useBackToLive(range, moving, seek);

  const isBusy = useComputed(() => !shown.value?.isExact);
  const isEmpty = store?.isEmpty.value ?? false;
  return (
    <section class="plot-view" aria-label={text.plot.label(name)}>
      <div class="plot-tools">
        {children}
        {!isEmpty && (
          <Tools
            isLive={look.value.kind === "live"}
            onZoom={zoomBy}
            onFit={() => seek(EVERYTHING)}
            onLive={() =>
              store?.extent.peek() && backToLive(store.extent.peek() as Range, pixels.peek())
            }
          />
        )}
      </div>
      <Failure error={store?.error.value} />
      {isEmpty && <p class="hint">{text.plot.noNumbers}</p>}
      {store && !isEmpty && (
        <figure class="plot-card" aria-labelledby={id} aria-busy={isBusy.value}>
          {selection.value ? (
            <Selection
              path={path}
              range={selection.value}
              corrections={store.corrections.value}
              canDelete={props.canDelete}
              isOwn={props.isOwn ?? false}
              unit={unit}
              onZoom={(to) => {
                selection.value = undefined;
                seek({ kind: "fixed", range: to });
              }}
              onClear={() => {
                selection.value = undefined;
              }}
              onChanged={() => props.onChanged?.()}
            />
          ) : (
            <div class="plot-head">
              <Readout shown={shown} cursor={cursor} unit={unit} spoken={spoken} />
            </div>
          )}
          <Plot
            series={series}
            range={range}
            cursor={cursor}
            selection={selection}
            shown={shown}
            label={text.plot.label(name)}
            describedBy={`${id}-keys`}
            unit={unit}
            onMove={move}
            onWidth={(width) => {
              pixels.value = width;
              // When everything is seen, that is the picture of it.
              const { kind, seconds } = { seconds: 0, ...look.peek() };
              const isAll = kind === "live" && seconds === undefined;
              store.open(isAll ? wholeColumns(width) : COLUMNS);
            }}
            onKey={() => {
              spoken.value += 1;
            }}
            onUsed={gestures.use}
          />
          <Strip series={store} range={range} onMove={move} />
          <Hint gestures={gestures} />
          <Caption id={id} name={name} shown={shown} />
          <p id={`${id}-keys`} class="for-readers">
            {text.plot.keys}
          </p>
        </figure>
      )}
    </section>
  );
}

/** What is seen, in words, when it rests. */
function Caption(props: { id: string; name: string; shown: Signal<Shown | undefined> }) {
  const { id, name, shown } = props;
  const words = useSignal("");
  useSignalEffect(() => {
    if (shown.value?.isExact) words.value = captionOf(shown.value.rows[0]);
  });
  return (
    <figcaption id={id} class="for-readers">
      {text.plot.label(name)}. {words.value}
    </figcaption>
  );
}

function captionOf(rows: Rows | undefined): string {
  if (!rows || rows.count === 0) return "";
  const { min, max, mean } = rows;
  const all = count(Math.round(rows.count));
  return text.plot.caption(all, value(min), value(max), derived(mean));
}

/** Moves back to the newest, so that one sees where it is. */
function useBackToLive(
  range: { peek: () => Range | undefined },
  moving: { value: Range | undefined },
  seek: (look: Look) => void,
): (extent: Range, pixels: number) => void {
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return (extent, pixels) => {
    const from = range.peek();
    if (!from) return;
    const look: Look = { kind: "live", seconds: from.t2 - from.t1 };
    const to = rangeOf(look, extent, pixels);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      seek(look);
      return;
    }
    const start = performance.now();
    const step = (now: number) => {
      const part = Math.min((now - start) / MOVE_BACK, 1);
      if (part === 1) seek(look);
      else {
        moving.value = between(from, to, 1 - (1 - part) ** 3);
        frame.current = requestAnimationFrame(step);
      }
    };
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(step);
  };
}
