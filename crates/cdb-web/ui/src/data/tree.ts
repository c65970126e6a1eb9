// The devices of a user with their streams, as a list of rows.

import type { Device, Latest, Stream } from "../api/objects.ts";
import { text } from "../text/en.ts";

export interface StreamRow {
  path: string;
  stream: Stream;
  latest: Latest | undefined;
}

export interface DeviceRows {
  path: string;
  device: Device;
  streams: StreamRow[];
  /** The newest time of its streams. */
  lastT: number | undefined;
}

/** The device of a user's own session, which holds what is written by hand. */
export const BY_HAND = "user";

/** Whether a device came with its user, and goes with it. */
export function isBuiltIn(name: string): boolean {
  return name === BY_HAND || name === "meta";
}

/** Puts together what several requests have answered, in the order of creation, of what is to be seen. */
export function tree(
  user: string,
  devices: Device[],
  streams: Stream[],
  latest: Latest[],
): DeviceRows[] {
  const latestOf = new Map(latest.map((entry) => [entry.stream, entry]));
  const rows = new Map<string, DeviceRows>();
  for (const device of devices.filter((device) => device.visible)) {
    const path = `${user}/${device.name}`;
    rows.set(device.name, { path, device, streams: [], lastT: undefined });
  }
  for (const stream of streams) {
    const row = rows.get(stream.device);
    // It was created after the devices were listed, or is not to be seen.
    if (!row) continue;
    const path = `${row.path}/${stream.name}`;
    const entry = latestOf.get(path);
    row.streams.push({ path, stream, latest: entry });
    const t = entry?.last?.t;
    if (t !== undefined && (row.lastT === undefined || t > row.lastT)) row.lastT = t;
  }
  return [...rows.values()];
}

/** What streams are found by, in small letters: made once, as there may be many. */
const namesOf = new WeakMap<Stream, string>();

function streamNames(stream: Stream): string {
  const known = namesOf.get(stream);
  if (known !== undefined) return known;
  const names = `${stream.name} ${stream.nickname}`.toLowerCase();
  namesOf.set(stream, names);
  return names;
}

/** Keeps the streams with some words in their names or nicknames, and all of a device that has them. */
export function find(rows: DeviceRows[], words: string): DeviceRows[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.flatMap((row) => {
    const own = `${row.device.name} ${deviceName(row.device)}`.toLowerCase();
    const left = wanted.filter((word) => !own.includes(word));
    if (left.length === 0) return [row];
    const streams = row.streams.filter(({ stream }) => {
      const names = streamNames(stream);
      return left.every((word) => names.includes(word));
    });
    return streams.length > 0 ? [{ ...row, streams }] : [];
  });
}

/** The name of a device as people know it. */
export function deviceName({ name, nickname }: Pick<Device, "name" | "nickname">): string {
  return nickname || (name === BY_HAND ? text.devices.byHand : name);
}

/** What all rows come to. */
export function totals(rows: DeviceRows[]): { devices: number; streams: number; points: number } {
  const streams = rows.flatMap((row) => row.streams);
  const points = streams.reduce((sum, row) => sum + (row.latest?.length ?? 0), 0);
  return { devices: rows.length, streams: streams.length, points };
}
