import { type Datapoint, latest, newest } from "../api/objects.ts";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import { path as address, go, search } from "../route.ts";
import { text } from "../text/en.ts";
import { count, dateTime, value } from "../text/format.ts";
import { type LogEntry, logEntry, words } from "../text/log.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { Virtual } from "../widgets/virtual.tsx";

const INTERVAL = 30_000;

/** How many are shown at first, and how many more each time. */
const STEP = 200;

interface Shown {
  length: number;
  /** Newest first. */
  entries: Datapoint[];
}

async function ask(path: string, most: number): Promise<Shown> {
  const [[now], entries] = await Promise.all([latest([path]), newest(path, most)]);
  return { length: now?.length ?? entries.length, entries: entries.reverse() };
}

/** Who changed what, when: the log that the server keeps of each user. */
export function LogPage({ path }: { path: string }) {
  const most = Number(new URLSearchParams(search.value).get("show")) || STEP;
  const { polled, refresh } = usePolled(() => ask(path, most), INTERVAL, `${path} ${most}`);
  useLive([path], refresh);
  const { value: shown, error } = polled.value;
  const entries = shown?.entries ?? [];
  return (
    <>
      <Head title={text.log.title} below={text.log.below} />
      <Failure error={error} />
      {shown && entries.length === 0 && <p>{text.log.empty}</p>}
      {entries.length > 0 && (
        <Virtual
          label={text.log.title}
          class="log"
          count={entries.length}
          head={
            <>
              <th scope="col">{text.log.what}</th>
              <th scope="col" class="when">
                {text.log.when}
              </th>
            </>
          }
          row={(index) => {
            const point = entries[index];
            return { key: (shown?.length ?? 0) - index, cells: point && <Entry point={point} /> };
          }}
          scrolls="page"
        />
      )}
      {shown && shown.length > entries.length && (
        <button type="button" onClick={() => go(`${address.value}?show=${most + STEP}`)}>
          {text.log.older(count(shown.length - entries.length))}
        </button>
      )}
    </>
  );
}

function Entry({ point }: { point: Datapoint }) {
  const entry = logEntry(point.d);
  return (
    <>
      <th scope="row">{entry ? <Said entry={entry} /> : value(point.d)}</th>
      <td class="when">{dateTime(Math.floor(point.t))}</td>
    </>
  );
}

function Said({ entry }: { entry: LogEntry }) {
  const { kind, path, done, to } = words(entry);
  return (
    <>
      <span class="hint">
        {kind} {done}:{" "}
      </span>
      {to ? <a href={to}>{path}</a> : path}
      {entry.by && <span class="hint"> {text.log.by(entry.by)}</span>}
    </>
  );
}
