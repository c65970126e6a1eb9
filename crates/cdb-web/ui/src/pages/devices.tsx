import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { ApiError } from "../api/http.ts";
import { type Device, device, devices, type Stream, streams, streamsOf } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { countsOf, type IsSilent, linesOf, viewOf } from "../data/fleet.ts";
import { useLatest } from "../data/latest.ts";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import { rateOf } from "../data/rate.ts";
import { recentOf, recentVersion, useRecent } from "../data/recent.ts";
import { BY_HAND, type DeviceRows, deviceName, isBuiltIn, totals, tree } from "../data/tree.ts";
import { search } from "../route.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { FirstValue } from "../widgets/code.tsx";
import { Edit } from "../widgets/edit.tsx";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { ObjectIcon } from "../widgets/object-icon.tsx";
import { Filters } from "./devices/filters.tsx";
import { SilentNote } from "./devices/silent-note.tsx";
import { DevicesTable } from "./devices/table.tsx";

// The log says what is created and deleted; that of other people may not be read.
const INTERVAL = 60_000;

interface Objects {
  devices: Device[];
  streams: Stream[];
}

async function ask(user: string, name: string | undefined): Promise<Objects> {
  if (name === undefined) {
    const [all, own] = await Promise.all([devices(user), streams(user)]);
    return { devices: all, streams: own };
  }
  const path = `${user}/${name}`;
  const [one, own] = await Promise.all([device(path), streamsOf(path)]);
  // One that is asked for is shown, hidden or not.
  return { devices: [{ ...one, visible: true }], streams: own };
}

/** All devices of a user with their streams, or one of them. */
export function DevicesPage({ session, names }: { session: Session; names: string[] }) {
  const [user = session.user, name] = names;
  const scope = name === undefined ? user : `${user}/${name}`;
  const { polled, refresh } = usePolled(() => ask(user, name), INTERVAL, scope);
  useLive([`${user}/meta/log`], refresh);
  const { value: objects, error } = polled.value;
  if (error instanceof ApiError && (error.code === 404 || error.code === 403)) {
    return <Missing path={scope} user={session.user} />;
  }
  return (
    <Shown
      session={session}
      user={user}
      name={name}
      objects={objects}
      error={error}
      refresh={refresh}
    />
  );
}

function Missing({ path, user }: { path: string; user: string }) {
  return (
    <>
      <Head title={text.missing.title} />
      <p>{text.devices.missing(path)}</p>
      <p>
        <a class="button" href={`/${user}`}>
          {text.missing.next}
        </a>
      </p>
    </>
  );
}

function Shown(props: {
  session: Session;
  user: string;
  name: string | undefined;
  objects: Objects | undefined;
  error: unknown;
  refresh: () => void;
}) {
  const { session, user, name, objects, error, refresh } = props;
  const seen = useSignal<string[]>([]);
  const scope = name === undefined ? user : `${user}/${name}`;
  const latest = useLatest(scope, objects?.streams.length ?? 0, seen.value);
  const { known, version, now } = latest;
  const rows = useMemo(
    () => (objects ? tree(user, objects.devices, objects.streams, [...known.values()]) : []),
    [user, objects, known, version],
  );
  const view = useMemo(() => viewOf(search.value), [search.value]);
  const isSilent = useSilence(rows, now);
  const single = name === undefined ? undefined : objects?.devices[0];
  // Of 10,000 streams, what does not change while one scrolls is not computed again.
  const lines = useMemo(
    () => linesOf(rows, view, isSilent, name !== undefined),
    [rows, view, isSilent, name],
  );
  const counts = useMemo(() => countsOf(rows, isSilent), [rows, isSilent]);
  const sum = useMemo(() => totals(rows), [rows]);
  const one = (n: number) => n === 1;
  const isMine = user === session.user;
  const held = text.devices.streams(count(sum.streams), one(sum.streams));
  const points = text.devices.points(count(sum.points), one(sum.points));
  return (
    <>
      <DevicesHead
        device={single}
        title={name ?? (isMine ? text.devices.title : text.devices.others(user))}
        canCreate={isMine}
        summary={
          objects &&
          (single
            ? text.edit.holds(held, points)
            : text.devices.summary(
                text.devices.devices(count(sum.devices), one(sum.devices)),
                held,
                points,
              ))
        }
      />
      {single?.description && <p>{single.description}</p>}
      <Failure error={error ?? latest.error} />
      {isMine && !single && objects && version > 0 && sum.points === 0 && <Empty user={user} />}
      {sum.streams > 0 && <Filters view={view} counts={counts} isSingle={single !== undefined} />}
      {!single && view.show === "all" && view.words === "" && (
        <SilentNote rows={rows} isSilent={isSilent} now={now} />
      )}
      {objects && lines.length === 0 && sum.streams > 0 && (
        <p>{view.words ? text.devices.notFound(view.words) : text.devices.noneOfThese}</p>
      )}
      {single && sum.streams === 0 && <p>{text.devices.noStreams}</p>}
      {lines.length > 0 && (
        <DevicesTable
          lines={lines}
          view={view}
          now={now}
          isSilent={isSilent}
          onSeen={(paths) => {
            if (paths.join(" ") !== seen.peek().join(" ")) seen.value = paths;
          }}
          seen={seen.value}
        />
      )}
      {single && (isMine || session.canListUsers) && single.name !== "meta" && (
        <Edit
          key={single.name}
          path={`${user}/${single.name}`}
          object={single}
          holds={text.edit.holds(held, points)}
          above={`/${user}`}
          canDelete={!isBuiltIn(single.name)}
          onChanged={refresh}
        />
      )}
    </>
  );
}

/** The newest stream of each device says whether the device is silent: one request for each, once. */
function useSilence(rows: DeviceRows[], now: number): IsSilent {
  const newest = useMemo(() => {
    const machines = rows.filter((row) => !isBuiltIn(row.device.name));
    return machines.flatMap((row) => {
      const stream = row.streams.find(({ latest }) => latest?.last && latest.last.t === row.lastT);
      return stream ? [{ device: row.path, ...stream }] : [];
    });
  }, [rows]);
  useRecent("devices", newest);
  const version = recentVersion.value;
  return useMemo(() => {
    const silent = new Set(
      newest.filter(({ path }) => isSilentStream(path, now)).map(({ device }) => device),
    );
    return (path) => {
      const [, device = "", stream] = path.split("/");
      if (isBuiltIn(device)) return false;
      return stream === undefined ? silent.has(path) : isSilentStream(path, now);
    };
  }, [newest, version, now]);
}

function isSilentStream(path: string, now: number): boolean {
  const recent = recentOf(path);
  return recent !== undefined && rateOf(recent.times, now).isSilent;
}

function DevicesHead(props: {
  device: Device | undefined;
  title: string;
  canCreate: boolean;
  summary: string | undefined;
}) {
  const { device, title, canCreate, summary } = props;
  return (
    <Head
      title={device ? deviceName(device) : title}
      icon={device?.icon && <ObjectIcon icon={device.icon} fallback="devices" />}
      below={summary}
      action={
        canCreate
          ? device
            ? { name: text.create.stream, to: `/app/new/stream?device=${device.name}` }
            : { name: text.connect.title, to: "/app/connect" }
          : undefined
      }
    >
      {canCreate && device && !isBuiltIn(device.name) && (
        <a class="button" href={`/app/connect?device=${device.name}`}>
          {text.connect.again}
        </a>
      )}
      {canCreate && !device && (
        <a class="button" href="/app/new/stream">
          {text.create.stream}
        </a>
      )}
    </Head>
  );
}

/** What a new user does first. */
function Empty({ user }: { user: string }) {
  return (
    <section class="card">
      <p>{text.devices.empty}</p>
      <FirstValue login={user} device={`${user}/${BY_HAND}`} />
      <p class="hint">{text.devices.emptyNext}</p>
    </section>
  );
}
