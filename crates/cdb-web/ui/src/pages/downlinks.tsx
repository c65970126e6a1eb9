import { lastRequest } from "../api/downlinks.ts";
import { type Datapoint, devices, latest, streams } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import { BY_HAND, deviceName, type StreamRow, tree } from "../data/tree.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { Control } from "./downlinks/control.tsx";

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

/** What devices can be asked for, and what they say they have done. */
export function DownlinksPage({ session }: { session: Session }) {
  const { user } = session;
  const { polled, refresh } = usePolled(() => ask(user), INTERVAL, user);
  const { value: rows, error, now } = polled.value;
  const paths = rows?.map(({ path }) => path) ?? [];
  useLive([...paths, ...paths.map((path) => `${path}/downlink`)], refresh);
  return (
    <>
      <Head title={text.downlinks.title} below={text.downlinks.below} />
      <Failure error={error} />
      {rows?.length === 0 && (
        <section class="card">
          <p>{text.downlinks.empty}</p>
          <a class="button primary" href="/app/new/stream">
            {text.create.stream}
          </a>
        </section>
      )}
      <div class="cards">
        {rows?.map((row) => (
          <Control key={row.path} row={row} now={now} onChanged={refresh} />
        ))}
      </div>
    </>
  );
}
