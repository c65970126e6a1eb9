// The map and what it is for: loaded when it is needed.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import { go, search } from "../route.ts";
import { text } from "../text/en.ts";
import { count, dateTime, derived } from "../text/format.ts";
import { degrees, distance } from "../text/places.ts";
import { Failure } from "../widgets/failure.tsx";
import { Legend } from "./legend.tsx";
import {
  type Place,
  project,
  type Size,
  toScreen,
  toWorld,
  unproject,
  type View,
} from "./mercator.ts";
import { track as ask, type Track } from "./points.ts";
import { Positions } from "./positions.tsx";
import {
  BY_TIME,
  colouring,
  colourKeys,
  colourOf,
  type Position,
  plainLongitude,
} from "./track.ts";
import { World } from "./world.tsx";

/** How near to a point one taps to choose it, in pixels. */
const NEAR = 24;

/** A stream of places in a range of time, after a script. */
export function TrackMap(props: { path: string; transform: string; range: string }) {
  const { path, transform, range } = props;
  const key = `${path} ${transform} ${range}`;
  const { polled, refresh } = usePolled(
    () => ask(path, transform, range),
    Number.POSITIVE_INFINITY,
    key,
  );
  useLive([path], refresh);
  const { value, error } = polled.value;
  return (
    <section class="card places" aria-label={text.map.title}>
      <Failure error={error} />
      {value?.positions.length === 0 && <p>{text.map.empty}</p>}
      {value && value.positions.length > 0 && <Shown track={value} path={path} fitted={key} />}
      {!value && <div class="map" />}
    </section>
  );
}

function Shown({ track, path, fitted }: { track: Track; path: string; fitted: string }) {
  const { positions } = track;
  const points = useMemo(() => positions.map(project), [positions]);
  const chosen = useSignal<number | undefined>(undefined);
  const by = new URLSearchParams(search.value).get("colour") ?? "";
  const coloured = useMemo(() => colouring(positions, by), [positions, by]);
  const last = positions.length - 1;
  const step = (event: KeyboardEvent) => {
    const to = stepped(event, chosen.value ?? last, last);
    if (to !== undefined) chosen.value = to;
    return to !== undefined;
  };
  const tap = (view: View, size: Size, at: { x: number; y: number }) => {
    const distances = points.map((point) => {
      const { x, y } = toScreen(view, size, point);
      return Math.hypot(x - at.x, y - at.y);
    });
    const nearest = distances.reduce((best, it, i) => (it < (distances[best] ?? 0) ? i : best), 0);
    chosen.value = (distances[nearest] ?? NEAR) < NEAR ? nearest : undefined;
  };
  const read = positions[chosen.value ?? last];
  return (
    <>
      <div class="map-head">
        <p class="map-readout" aria-live="polite">
          {read && <Readout position={read} by={by} />}
        </p>
        <p class="hint">{text.map.gestures}</p>
      </div>
      <World
        label={text.map.label(path, count(track.count))}
        hint={text.map.keys}
        fitted={fitted}
        scene={{
          track: points,
          accuracies: positions.map(({ accuracy }) => accuracy),
          chosen: chosen.value,
        }}
        colours={positions.map((_, i) => colourOf(coloured?.levels[i]))}
        onTap={tap}
        onKey={step}
      />
      <Legend by={by} coloured={coloured} keys={colourKeys(positions)} onChange={colourBy} />
      {track.each > 1 && (
        <p class="hint">{text.map.thinned(count(track.each), count(track.count))}</p>
      )}
      <Positions track={positions} by={by} />
    </>
  );
}

/** The index of the point that a key goes to. The others move the map. */
function stepped(event: KeyboardEvent, from: number, last: number): number | undefined {
  if (event.shiftKey) return undefined;
  switch (event.key) {
    case "ArrowLeft":
      return Math.max(from - 1, 0);
    case "ArrowRight":
      return Math.min(from + 1, last);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function colourBy(key: string): void {
  const parameters = new URLSearchParams(search.value);
  if (key === "") parameters.delete("colour");
  else parameters.set("colour", key);
  const query = parameters.toString();
  go(location.pathname + (query && `?${query}`));
}

function Readout({ position, by }: { position: Position; by: string }) {
  const { t, latitude, longitude, accuracy, numbers } = position;
  const number = by === BY_TIME || by === "accuracy" ? undefined : numbers[by];
  return (
    <>
      <strong>{dateTime(t)}</strong>
      <span>
        {degrees(latitude)}, {degrees(plainLongitude(longitude))}
      </span>
      {accuracy !== undefined && <span>± {distance(accuracy)}</span>}
      {number !== undefined && (
        <span>
          {by} {derived(number)}
        </span>
      )}
    </>
  );
}

/** A map on which one says where. */
export function PickMap(props: { value: Place | undefined; onPick: (place: Place) => void }) {
  const { value, onPick } = props;
  const pick = (point: { x: number; y: number }) => {
    const { latitude, longitude } = unproject(point);
    onPick({ latitude: rounded(latitude), longitude: rounded(longitude) });
  };
  const points = value ? [project(value)] : [];
  return (
    <World
      label={text.map.pickLabel}
      hint={text.map.pickKeys}
      // What was picked here is seen already.
      fitted=""
      scene={{ track: points, accuracies: [], chosen: undefined }}
      colours={["--series"]}
      hasCross
      onTap={(view, size, at) => pick(toWorld(view, size, at))}
      onKey={({ key }, view) => {
        const isPick = key === "Enter" || key === " ";
        if (isPick) pick(view);
        return isPick;
      }}
    >
      <p class="for-readers" aria-live="polite">
        {value && text.map.picked(degrees(value.latitude), degrees(value.longitude))}
      </p>
    </World>
  );
}

/** To about a metre. */
function rounded(angle: number): number {
  return Math.round(angle * 1e5) / 1e5;
}
