import { useSignal } from "@preact/signals";
import { devices, latest, streams } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import {
  BY_HAND,
  type DeviceRows,
  deviceName,
  find,
  isBuiltIn,
  type StreamRow,
  totals,
  tree,
} from "../data/tree.ts";
import { text } from "../text/en.ts";
import { count, value } from "../text/format.ts";
import { Age } from "../widgets/age.tsx";
import { FirstValue } from "../widgets/code.tsx";
import { Edit } from "../widgets/edit.tsx";
import { Failure } from "../widgets/failure.tsx";
import { Icon } from "../widgets/icons.tsx";

const INTERVAL = 5000;

// Of more streams new values come with the next answer.
const MAX_LIVE = 100;

async function ask(user: string): Promise<DeviceRows[]> {
  const answers = await Promise.all([devices(user), streams(user), latest([user])]);
  return tree(user, ...answers);
}

/** All devices of a user with their streams, or one of them. */
export function DevicesPage({ session, names }: { session: Session; names: string[] }) {
  const [user = session.user] = names;
  const { polled, refresh } = usePolled(() => ask(user), INTERVAL, user);
  const words = useSignal("");
  const { value: all, error, now } = polled.value;
  const rows = all?.filter((row) => names[1] === undefined || row.device.name === names[1]) ?? [];
  const title = names[1] === undefined ? undefined : rows[0]?.device;
  const paths = rows.flatMap((row) => row.streams.map((stream) => stream.path));
  useLive(paths.slice(0, MAX_LIVE), refresh);
  const found = find(rows, words.value);
  const sum = totals(rows);
  const one = (n: number) => n === 1;
  return (
    <>
      <div class="head">
        <h1>{title ? deviceName(title) : (names[1] ?? text.devices.title)}</h1>
        {user === session.user && (
          <p class="actions">
            <a class="button" href={`/app/new/stream${names[1] ? `?device=${names[1]}` : ""}`}>
              {text.create.stream}
            </a>
            {names[1] === undefined && (
              <a class="button primary" href="/app/new/device">
                {text.create.deviceTitle}
              </a>
            )}
          </p>
        )}
      </div>
      {all && (
        <p class="hint">
          {text.devices.summary(
            text.devices.devices(count(sum.devices), one(sum.devices)),
            text.devices.streams(count(sum.streams), one(sum.streams)),
            text.devices.points(count(sum.points), one(sum.points)),
          )}
        </p>
      )}
      <Failure error={error} />
      {sum.points === 0 && all && names[1] === undefined && <Empty user={user} />}
      {sum.streams > 0 && (
        <search class="find">
          <Icon name="search" />
          <input
            type="search"
            aria-label={text.devices.find}
            placeholder={text.devices.find}
            value={words.value}
            onInput={(event) => {
              words.value = event.currentTarget.value;
            }}
          />
        </search>
      )}
      {all && found.length === 0 && words.value && <p>{text.devices.notFound(words.value)}</p>}
      {found.length > 0 && (
        <table class="devices">
          <thead>
            <tr>
              <th scope="col">{text.devices.name}</th>
              <th scope="col" class="number">
                {text.devices.value}
              </th>
              <th scope="col" class="age">
                {text.devices.age}
              </th>
              <th scope="col" class="number points">
                {text.devices.count}
              </th>
            </tr>
          </thead>
          {found.map((row) => (
            <Device key={row.path} row={row} now={now} />
          ))}
        </table>
      )}
      {title && !isBuiltIn(title.name) && user === session.user && (
        <Edit
          key={title.name}
          path={`${user}/${title.name}`}
          object={title}
          holds={text.devices.points(count(sum.points), one(sum.points))}
          above={`/${user}`}
          onChanged={refresh}
        />
      )}
    </>
  );
}

function Device({ row, now }: { row: DeviceRows; now: number }) {
  const name = deviceName(row.device);
  return (
    <tbody>
      <tr class="group">
        <th scope="rowgroup" colSpan={2}>
          <span class={row.lastT === undefined ? "dot due" : "dot"} />
          <a href={`/${row.path}`}>{name}</a>
          <span class="hint">
            {" "}
            {name !== row.device.name && `${row.device.name} · `}
            {row.streams.length === 0
              ? text.devices.noStreams
              : text.devices.streams(count(row.streams.length), row.streams.length === 1)}
          </span>
        </th>
        <td colSpan={2}>{row.lastT !== undefined && <Age t={row.lastT} now={now} />}</td>
      </tr>
      {row.streams.map((stream) => (
        <Stream key={stream.path} row={stream} now={now} />
      ))}
    </tbody>
  );
}

function Stream({ row, now }: { row: StreamRow; now: number }) {
  const last = row.latest?.last;
  return (
    <tr>
      <td>
        <a href={`/${row.path}`}>{row.stream.nickname || row.stream.name}</a>
      </td>
      <td class="number value">
        {last ? value(last.d) : <span class="hint">{text.devices.none}</span>}
      </td>
      <td class="age">{last && <Age t={last.t} now={now} />}</td>
      <td class="number points">{count(row.latest?.length ?? 0)}</td>
    </tr>
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
