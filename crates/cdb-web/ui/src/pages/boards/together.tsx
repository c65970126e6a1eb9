// The views of a board, on one time axis and with one cursor.

import { computed, effect, useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useCallback, useEffect, useMemo } from "preact/hooks";
import type { OwnStream } from "../../data/dataset-streams.ts";
import { SPANS } from "../../data/range.ts";
import type { Range } from "../../data/tiles.ts";
import type { Series } from "../../data/tiles-series.ts";
import { Ranges } from "../../plot/ranges.tsx";
import { useSeries } from "../../plot/use-series.ts";
import {
  LOOK_NAMES,
  type Look,
  lookOf,
  rangeOf,
  rangeUntilNow,
  searchOf,
} from "../../plot/window.ts";
import { go, path as page, search } from "../../route.ts";
import { text } from "../../text/en.ts";
import { Lazy } from "../../widgets/lazy.tsx";
import { type Board, type BoardView, coloursOf } from "./board.ts";
import { CursorTime } from "./cursor.tsx";
import { NumbersView } from "./numbers.tsx";
import { PlotView } from "./plot-view.tsx";
import { StatesView } from "./states-view.tsx";

const words = text.boards;

// What draws the views of a stream is as much as the rest of the page.
const pinnedView = async () => (await import("./pinned-view.tsx")).PinnedView;

/** What a board shows unless the address or the board says otherwise. */
const WEEK = SPANS.find(({ id }) => id === "week")?.seconds;

/** Enough to know from when to when there is something. */
const FEW_COLUMNS = 64;

/** What is shown: what the address says, or else what was chosen last, or else the newest week. */
function lookAt(search: string, chosen: string): Look {
  const said = [search, chosen].find((it) => {
    const parameters = new URLSearchParams(it);
    return LOOK_NAMES.some((name) => parameters.has(name));
  });
  return said === undefined ? { kind: "live", seconds: WEEK } : lookOf(said);
}

export function Together(props: {
  board: Board;
  streams: OwnStream[];
  /** Keeps what was chosen with the board. */
  onRange: (range: string) => void;
}) {
  const { streams, onRange } = props;
  const { views, range: chosen } = props.board;
  const colours = useMemo(() => coloursOf(views), [views]);
  const plots = useMemo(
    () => views.filter(({ kind, streams }) => isOnAxis(kind) && streams.length > 0),
    [views],
  );
  const paths = [...new Set(plots.flatMap(({ streams }) => streams))];
  const stores = useSeries(paths.map((path) => ({ path, key: "", transform: "" })));
  const byPath = useMemo(
    () => new Map(stores.map((series) => [series.numbers.path, series])),
    [stores],
  );
  const cursor = useSignal<number | undefined>(undefined);
  const range = useSignal<Range | undefined>(undefined);
  const moving = useSignal<Range | undefined>(undefined);
  const pixels = useSignal(0);
  const look = useMemo(() => computed(() => lookAt(search.value, chosen)), [chosen]);

  // Plots ask for their streams themselves.
  useEffect(() => {
    const drawn = new Set(plots.flatMap(({ kind, streams }) => (kind === "plot" ? streams : [])));
    for (const series of stores) if (!drawn.has(series.numbers.path)) series.open(FEW_COLUMNS);
  }, [stores, plots]);

  useEffect(
    () =>
      effect(() => {
        const extent = extentOf(stores);
        if (!extent || pixels.value === 0) return;
        const next = moving.value ?? rangeOf(look.value, extent, pixels.value);
        const now = range.peek();
        if (now?.t1 !== next.t1 || now.t2 !== next.t2) range.value = next;
      }),
    [stores, look, moving, pixels, range],
  );

  const seek = (next: Look) => {
    moving.value = undefined;
    go(page.peek() + searchOf(next, search.peek()));
  };
  const move = (to: Range, isDone: boolean) => {
    moving.value = to;
    if (isDone) seek({ kind: "fixed", range: to });
  };
  const pan = (spans: number) => {
    const seen = range.peek() ?? rangeUntilNow(look.peek());
    if (!seen) return;
    const by = spans * (seen.t2 - seen.t1);
    seek({ kind: "fixed", range: { t1: seen.t1 + by, t2: seen.t2 + by } });
  };
  // Only that of the range: what else is in an address is not for the next time.
  const keep = (search: string) => {
    const parameters = new URLSearchParams(search);
    onRange(
      String(new URLSearchParams([...parameters].filter(([name]) => LOOK_NAMES.includes(name)))),
    );
  };
  const [first, last] = [plots[0], plots.at(-1)];
  const onWidth = useCallback(
    (width: number) => {
      pixels.value = width;
    },
    [pixels],
  );
  return (
    <>
      {views.some(hasTime) && (
        <Tools
          look={look.value}
          seen={range.value ?? rangeUntilNow(look.value)}
          seek={seek}
          pan={pan}
          onChoose={keep}
        />
      )}
      {views.length > 0 && (
        <div class="board">
          {views.map((view, at) => {
            const key = `${at} ${view.kind} ${view.streams.join(" ")}`;
            const [path] = view.streams;
            if (view.kind === "view" && view.pinned && path !== undefined) {
              const { pinned } = view;
              const props = { view, pinned, path, streams, look: look.value };
              return <Lazy key={key} load={pinnedView} props={props} />;
            }
            if (!plots.includes(view)) {
              return <NumbersView key={key} view={view} streams={streams} />;
            }
            const shared = {
              view,
              streams,
              colours,
              range,
              cursor,
              isLast: view === last,
              onWidth,
            };
            return (
              <Fragment key={key}>
                {view === first && <CursorTime cursor={cursor} range={range} pixels={pixels} />}
                {view.kind === "states" ? (
                  <StatesView {...shared} />
                ) : (
                  <PlotView {...shared} stores={byPath} onMove={move} />
                )}
              </Fragment>
            );
          })}
        </div>
      )}
      {plots.length > 0 && <p class="hint">{words.keys}</p>}
    </>
  );
}

/** Whether a view is one of those below each other on the axis of time. */
function isOnAxis(kind: BoardView["kind"]): boolean {
  return kind === "plot" || kind === "states";
}

/** Whether what a view shows is that of a range. */
function hasTime({ kind, streams }: BoardView): boolean {
  return kind !== "numbers" && streams.length > 0;
}

/** From the first to the last number of all streams; the newest week, if all have words. */
function extentOf(stores: Series[]): Range | undefined {
  const extents = stores.flatMap(({ extent }) => extent.value ?? []);
  const now = Date.now() / 1000;
  if (extents.length === 0) {
    const areEmpty = stores.length > 0 && stores.every(({ isEmpty }) => isEmpty.value);
    return areEmpty ? { t1: now - (WEEK ?? 0), t2: now } : undefined;
  }
  return {
    t1: Math.min(...extents.map(({ t1 }) => t1)),
    t2: Math.max(...extents.map(({ t2 }) => t2)),
  };
}

function Tools(props: {
  look: Look;
  /** What is seen. */
  seen: Range | undefined;
  seek: (look: Look) => void;
  pan: (spans: number) => void;
  onChoose: (search: string) => void;
}) {
  const { look, seen, seek, pan, onChoose } = props;
  const goLive = () => {
    const live: Look = { kind: "live", seconds: seen && seen.t2 - seen.t1 };
    onChoose(searchOf(live, ""));
    seek(live);
  };
  const isLive = look.kind === "live";
  return (
    <div class="board-tools">
      <Ranges look={look} extent={seen && [seen.t1, seen.t2]} onChoose={onChoose} />
      <button type="button" aria-label={words.before} onClick={() => pan(-1)}>
        ‹
      </button>
      <button type="button" aria-label={words.after} disabled={isLive} onClick={() => pan(1)}>
        ›
      </button>
      <button
        type="button"
        aria-pressed={isLive}
        disabled={isLive}
        class="plot-live"
        onClick={goLive}
      >
        <span class={isLive ? "dot" : "dot due"} />
        {isLive ? text.plot.live : text.plot.backToLive}
      </button>
    </div>
  );
}
