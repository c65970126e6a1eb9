// The newest datapoints of streams, from which their rate is known and small pictures are drawn: asked for once,
// a few at a time, and grown by what comes.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, request } from "../api/http.ts";
import type { Datapoint, Latest, Stream } from "../api/objects.ts";
import { isNumber, parse } from "./schema.ts";

const COUNT = 48;
const MAX_REQUESTS = 4;

// One who scrolls does not want what goes by, in milliseconds.
const PAUSE = 120;

export interface Recent {
  times: number[];
  /** The values, where they are numbers or booleans: what is drawn of others are their times. */
  values: (number | boolean)[] | undefined;
}

const kept = new Map<string, Recent>();

/** Grows whenever something was kept. */
export const recentVersion = signal(0);

export interface Wanted {
  path: string;
  stream: Stream;
  latest: Latest | undefined;
}

export function recentOf(path: string): Recent | undefined {
  return kept.get(path);
}

async function load({ path, stream }: Wanted): Promise<void> {
  const schema = parse(stream.schema);
  const isDrawn = isNumber(schema) || schema.type === "boolean";
  // Of long texts only their times are asked for.
  const transform = isDrawn ? "" : "&transform=true";
  const points = (await request(
    "GET",
    `crud/${path}/data?i1=-${COUNT}${transform}`,
  )) as Partial<Datapoint>[];
  const values = points.map(({ d }) => d);
  const areDrawn = isDrawn && values.every((d) => typeof d === "number" || typeof d === "boolean");
  kept.set(path, {
    times: points.map(({ t }) => t ?? 0),
    values: areDrawn ? (values as (number | boolean)[]) : undefined,
  });
}

/** Adds the last datapoint, if it is a new one. */
function grow(recent: Recent, { t, d }: Datapoint): boolean {
  const last = recent.times.at(-1);
  if (last !== undefined && t <= last) return false;
  recent.times = [...recent.times, t].slice(-COUNT);
  const fits = typeof d === "number" || typeof d === "boolean";
  recent.values = recent.values && fits ? [...recent.values, d].slice(-COUNT) : undefined;
  return true;
}

/** What is still to be asked for, by who wants it: what is seen comes first. */
const queues = { rows: [] as Wanted[], devices: [] as Wanted[] };
let running = 0;

function pump(): void {
  while (running < MAX_REQUESTS) {
    const next = queues.rows.shift() ?? queues.devices.shift();
    if (!next) return;
    if (kept.has(next.path)) continue;
    running++;
    load(next)
      // What cannot be read has no picture. The page says what is wrong with the server.
      .catch((error: unknown) => {
        const isReached = error instanceof ApiError && error.code !== 0;
        if (isReached) kept.set(next.path, { times: [], values: undefined });
      })
      .finally(() => {
        running--;
        recentVersion.value++;
        pump();
      });
  }
}

/** Asks for the newest datapoints of streams, the first ones first, and adds their last ones. */
export function useRecent(who: keyof typeof queues, wanted: Wanted[]): void {
  const known = wanted.filter(({ latest }) => latest?.last);
  const key = known.map(({ path }) => path).join(" ");
  const times = known.map(({ latest }) => latest?.last?.t).join(" ");
  useEffect(() => {
    const timer = setTimeout(() => {
      queues[who] = known;
      pump();
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [key]);
  useEffect(() => {
    let isGrown = false;
    for (const { path, latest } of known) {
      const recent = kept.get(path);
      if (recent && latest?.last && grow(recent, latest.last)) isGrown = true;
    }
    if (isGrown) recentVersion.value++;
  }, [times]);
}
