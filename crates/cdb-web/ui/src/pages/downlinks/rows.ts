// What devices can be asked for, with what they were asked for last.

import { lastRequest } from "../../api/downlinks.ts";
import { type Datapoint, devices, latest, streams } from "../../api/objects.ts";
import { useLive } from "../../data/live.ts";
import { type Polled, usePolled } from "../../data/polled.ts";
import { BY_HAND, deviceName, type StreamRow, tree } from "../../data/tree.ts";

const INTERVAL = 5000;

export interface ControlRow extends StreamRow {
  /** The name of its device. */
  device: string;
  /** What the device was asked for last. */
  request: Datapoint | undefined;
}

async function ask(user: string): Promise<ControlRow[]> {
  const [all, own] = await Promise.all([devices(user), streams(user)]);
  const controls = own.filter(({ downlink, device }) => downlink && device !== BY_HAND);
  const paths = controls.map(({ device, name }) => `${user}/${device}/${name}`);
  const [last, requests] = await Promise.all([
    paths.length > 0 ? latest(paths) : [],
    Promise.all(paths.map(async (path) => [path, await lastRequest(path)] as const)),
  ]);
  const requestOf = new Map(requests);
  return tree(user, all, controls, last).flatMap((row) =>
    row.streams.map((stream) => ({
      ...stream,
      device: deviceName(row.device),
      request: requestOf.get(stream.path),
    })),
  );
}

/** The downlinks of a user's devices, as they change. */
export function useControls(user: string): Polled<ControlRow[]> & { refresh: () => void } {
  const { polled, refresh } = usePolled(() => ask(user), INTERVAL, user);
  const paths = polled.value.value?.map(({ path }) => path) ?? [];
  useLive([...paths, ...paths.map((path) => `${path}/downlink`)], refresh);
  return { ...polled.value, refresh };
}
