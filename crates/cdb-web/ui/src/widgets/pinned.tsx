import { useEffect, useId } from "preact/hooks";
import { ApiError } from "../api/http.ts";
import { latest, type Stream, stream } from "../api/objects.ts";
import { useLive } from "../data/live.ts";
import { needPins, pins } from "../data/pins.ts";
import { usePolled } from "../data/polled.ts";
import { remember, remembered } from "../data/remembered.ts";
import type { StreamRow } from "../data/tree.ts";
import { unitOf } from "../data/unit.ts";
import { text } from "../text/en.ts";
import { oneLine } from "../text/format.ts";
import "../style/pinned.css";

// New values are told by the websocket.
const INTERVAL = 60_000;

/** A word or two stand beside a name. */
const MAX_CHARS = 16;

/** One that was deleted since is left out. */
async function find(path: string): Promise<[string, Stream][]> {
  try {
    return [[path, await stream(path)]];
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.code)) return [];
    throw error;
  }
}

async function ask(paths: string[], before: StreamRow[] | undefined): Promise<StreamRow[]> {
  if (paths.length === 0) return [];
  const known = new Map(before?.map(({ path, stream }) => [path, stream]));
  const missing = paths.filter((path) => !known.has(path));
  for (const [path, it] of (await Promise.all(missing.map(find))).flat()) known.set(path, it);
  const there = paths.filter((path) => known.has(path));
  const values = new Map((await latest(there)).map((entry) => [entry.stream, entry]));
  return there.flatMap((path) => {
    const stream = known.get(path);
    return stream ? [{ path, stream, latest: values.get(path) }] : [];
  });
}

/** The streams that one has pinned, each with its last value. */
export function Pinned({ user }: { user: string }) {
  const id = useId();
  useEffect(() => void needPins(user), [user]);
  const paths = pins.value;
  const key = `${user} ${paths.join(" ")}`;
  const place = `pinned values:${user}`;
  const { polled, refresh } = usePolled(
    async (before: StreamRow[] | undefined) => {
      const rows = await ask(paths, before);
      remember(place, rows);
      return rows;
    },
    INTERVAL,
    key,
    remembered<StreamRow[]>(place),
  );
  useLive(paths, refresh);
  const rows = polled.value.value?.filter(({ path }) => paths.includes(path)) ?? [];
  if (rows.length === 0) return null;
  return (
    <section class="pinned" aria-labelledby={id}>
      <h2 id={id}>{text.navigation.pinned}</h2>
      <ul>
        {rows.map(({ path, stream, latest }) => (
          <li key={path}>
            <a href={`/${path}`}>
              <span class="name">{stream.nickname || stream.name}</span>{" "}
              <Value d={latest?.last?.d} unit={unitOf(stream.datatype)} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Value({ d, unit }: { d: unknown; unit: string }) {
  if (d === undefined) return <span class="hint">{text.devices.none}</span>;
  return (
    <strong>
      {oneLine(d, MAX_CHARS)}
      {typeof d === "number" && unit && <span class="unit"> {unit}</span>}
    </strong>
  );
}
