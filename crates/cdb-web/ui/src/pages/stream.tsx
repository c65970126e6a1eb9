import { useRef } from "preact/hooks";
import {
  type Datapoint,
  latest,
  newest,
  type Statistics,
  type Stream,
  statistics,
  stream,
} from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useLive } from "../data/live.ts";
import { usePolled } from "../data/polled.ts";
import { bounds, type Span, spanOf } from "../data/range.ts";
import { deviceName } from "../data/tree.ts";
import { StreamPlot } from "../plot/lazy.tsx";
import { Ranges } from "../plot/ranges.tsx";
import { search } from "../route.ts";
import { text } from "../text/en.ts";
import { count, dateTime, derived, value } from "../text/format.ts";
import { StreamMap } from "../views/map.tsx";
import { Age } from "../widgets/age.tsx";
import { Edit } from "../widgets/edit.tsx";
import { Failure } from "../widgets/failure.tsx";
import { Newest } from "../widgets/newest.tsx";
import { Write } from "../widgets/write.tsx";

const INTERVAL = 5000;
const NEWEST = 50;

interface Shown {
  stream: Stream;
  /** The number of all datapoints. */
  length: number;
  /** Of the range. */
  statistics: Statistics;
  newest: Datapoint[];
}

async function ask(path: string, span: Span, before: Shown | undefined): Promise<Shown> {
  // Nothing else is asked while nothing is new.
  const [now] = await latest([path]);
  const last = before?.newest.at(-1);
  if (before && now?.length === before.length && now?.last?.t === last?.t) return before;
  const range = bounds(span, now?.last?.t);
  const [object, known, points] = await Promise.all([
    stream(path),
    statistics(path, range),
    newest(path, NEWEST),
  ]);
  return {
    stream: object,
    length: now?.length ?? 0,
    statistics: known,
    newest: points,
  };
}

export function StreamPage({ session, path }: { session: Session; path: string }) {
  const isChanged = useRef(false);
  const span = spanOf(search.value);
  const { polled, refresh } = usePolled(
    async (before: Shown | undefined) => {
      const next = await ask(path, span, isChanged.current ? undefined : before);
      isChanged.current = false;
      return next;
    },
    INTERVAL,
    `${path} ${span.id}`,
  );
  useLive([path], refresh);
  const { value: shown, error, now } = polled.value;
  const [user = "", device = "", name = ""] = path.split("/");
  const last = shown?.newest.at(-1);
  const isOwn = session.device === `${user}/${device}`;
  const numbers = shown?.statistics.keys[""]?.number;
  return (
    <>
      <p class="hint">
        <a href={`/${user}/${device}`}>{deviceName({ name: device, nickname: "" })}</a>
      </p>
      <h1>{shown?.stream.nickname || name}</h1>
      {shown?.stream.description && <p>{shown.stream.description}</p>}
      <Failure error={error} />
      {shown && !last && <p>{text.stream.nothing}</p>}
      {last && (
        <p class="headline">
          <strong>{value(last.d)}</strong> <Age t={last.t} now={now} />
        </p>
      )}
      {shown && (isOwn || shown.stream.downlink) && (
        <Write
          path={path}
          stream={shown.stream}
          last={last?.d}
          isOther={!isOwn}
          onWritten={refresh}
        />
      )}
      {shown && last && numbers && (
        <StreamPlot
          path={path}
          name={name}
          canDelete={isOwn || user === session.user}
          isOwn={isOwn}
          onChanged={refresh}
        >
          <Ranges path={path} />
        </StreamPlot>
      )}
      {shown && last && !numbers && <Ranges path={path} />}
      {shown?.statistics.keys.latitude?.number && shown.statistics.keys.longitude?.number && (
        <StreamMap path={path} transform="" range={bounds(span, last?.t)} />
      )}
      {shown && last && <Facts known={shown.statistics} />}
      {shown && last && (
        <Newest
          path={path}
          length={shown.length}
          points={shown.newest}
          canDelete={isOwn || user === session.user}
          isOwn={isOwn}
          onChanged={refresh}
        />
      )}
      {shown && user === session.user && (
        <Edit
          path={path}
          object={shown.stream}
          holds={text.devices.points(count(shown.length), shown.length === 1)}
          above={`/${user}/${device}`}
          onChanged={() => {
            isChanged.current = true;
            refresh();
          }}
        />
      )}
    </>
  );
}

function Facts({ known }: { known: Statistics }) {
  const numbers = known.keys[""]?.number;
  const facts: [string, string][] = [[text.stream.points, count(known.count)]];
  if (known.first) facts.push([text.stream.first, dateTime(known.first.t)]);
  if (known.last) facts.push([text.stream.last, dateTime(known.last.t)]);
  if (numbers) {
    facts.push([text.stream.smallest, value(numbers.min)]);
    facts.push([text.stream.mean, derived(numbers.mean)]);
    facts.push([text.stream.largest, value(numbers.max)]);
  }
  return (
    <dl class="facts">
      {facts.map(([name, fact]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}
