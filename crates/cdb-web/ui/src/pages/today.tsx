import { useEffect } from "preact/hooks";
import { isReached } from "../api/http.ts";
import { devices, latest, plot, streams } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import { waiting } from "../data/queue.ts";
import { remember, remembered } from "../data/remembered.ts";
import { isNumber, parse } from "../data/schema.ts";
import { BY_HAND, type StreamRow, tree } from "../data/tree.ts";
import { Sparkline } from "../plot/sparkline.tsx";
import { text } from "../text/en.ts";
import { value, weekday } from "../text/format.ts";
import { Age } from "../widgets/age.tsx";
import { Failure } from "../widgets/failure.tsx";
import { KeptHere, KeptNote } from "../widgets/kept.tsx";
import { Write } from "../widgets/write.tsx";

const INTERVAL = 5000;

// What is older than a day is due.
const DUE = 86_400;

const COLUMNS = 64;

async function ask(user: string): Promise<StreamRow[]> {
  const device = `${user}/${BY_HAND}`;
  const answers = await Promise.all([devices(user), streams(user), latest([device])]);
  const rows = tree(user, ...answers).find((row) => row.path === device)?.streams ?? [];
  remember(`today:${user}`, rows);
  return rows;
}

/** How many streams have a value of this day, on the server or here. */
function noted(rows: StreamRow[]): number {
  const midnight = new Date().setHours(0, 0, 0, 0) / 1000;
  const kept = new Set(waiting.value.filter(({ t }) => t >= midnight).map(({ path }) => path));
  const isNoted = ({ path, latest }: StreamRow) =>
    kept.has(path) || (latest?.last?.t ?? Number.NEGATIVE_INFINITY) >= midnight;
  return rows.filter(isNoted).length;
}

/** What one writes by hand, each on a card. */
export function TodayPage({ session }: { session: Session }) {
  const { polled, refresh } = usePolled(
    () => ask(session.user),
    INTERVAL,
    session.user,
    remembered<StreamRow[]>(`today:${session.user}`),
  );
  const { value: rows, error, now } = polled.value;
  useLive(rows?.map((row) => row.path) ?? [], refresh);
  const isUsable = rows !== undefined;
  useEffect(() => {
    if (isUsable) performance.mark("usable");
  }, [isUsable]);
  return (
    <>
      <div class="head">
        <div>
          <h1>{text.today.title}</h1>
          <p class="hint">
            {weekday(new Date())}
            {rows && rows.length > 0 && ` · ${text.today.noted(noted(rows), rows.length)}`}
          </p>
        </div>
        <p class="actions">
          <a class="button" href="/app/new/stream">
            {text.create.stream}
          </a>
        </p>
      </div>
      <KeptNote />
      {isReached.value && <Failure error={error} />}
      {rows?.length === 0 && (
        <section class="card">
          <p>{text.today.empty}</p>
          <p class="actions">
            <a class="button primary" href="/app/new/stream">
              {text.today.first}
            </a>
            <a class="button" href="/app/new/device">
              {text.create.deviceTitle}
            </a>
          </p>
        </section>
      )}
      <div class="cards">
        {rows?.map((row) => (
          <Card key={row.path} row={row} now={now} onWritten={refresh} />
        ))}
      </div>
    </>
  );
}

function Card({ row, now, onWritten }: { row: StreamRow; now: number; onWritten: () => void }) {
  const { path, stream } = row;
  const kept = waiting.value.filter((it) => it.path === path).at(-1);
  const last = kept ?? row.latest?.last;
  const isFresh = last !== null && last !== undefined && now - last.t < DUE;
  const isDrawn = isNumber(parse(stream.schema)) && (row.latest?.length ?? 0) > 1;
  return (
    <article class="card today">
      <h2>
        <a href={`/${path}`}>{stream.nickname || stream.name}</a>
      </h2>
      <div class="value">
        <strong class={typeof last?.d === "string" ? "words" : ""}>
          {last ? value(last.d) : ""}
        </strong>
        {isDrawn && (
          <Spark key={row.latest?.length} path={path} label={stream.nickname || stream.name} />
        )}
      </div>
      {kept ? (
        <KeptHere />
      ) : (
        <p class="hint">
          <span class={isFresh ? "dot" : "dot due"} />
          {last ? <Age t={last.t} now={now} /> : text.devices.none}
        </p>
      )}
      <Write path={path} stream={stream} last={last?.d} isOther={false} onWritten={onWritten} />
    </article>
  );
}

/** Asked for once for each length. */
function Spark({ path, label }: { path: string; label: string }) {
  const { polled } = usePolled(() => plot(path, COLUMNS), Number.POSITIVE_INFINITY, path);
  return polled.value.value ? <Sparkline plot={polled.value.value} label={label} /> : null;
}
