import { useRef } from "preact/hooks";
import {
  type Datapoint,
  latest,
  newest,
  type Plot,
  plot,
  type Statistics,
  type Stream,
  statistics,
  stream,
} from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useLive } from "../data/live.ts";
import { link, lookOf } from "../data/look.ts";
import { usePolled } from "../data/polled.ts";
import { bounds, SPANS, type Span, spanOf } from "../data/range.ts";
import { Line } from "../plot/line.tsx";
import { search } from "../route.ts";
import { text } from "../text/en.ts";
import { count, derived } from "../text/format.ts";
import { Edit } from "../widgets/edit.tsx";
import { Failure } from "../widgets/failure.tsx";
import { Write } from "../widgets/write.tsx";
import { Download } from "./stream/download.tsx";
import { Headline, Title } from "./stream/header.tsx";
import { PointsTable } from "./stream/points.tsx";

const INTERVAL = 5000;
const COLUMNS = 512;
const NEWEST = 50;

interface Shown {
  stream: Stream;
  /** The number of all datapoints. */
  length: number;
  /** Of the range. */
  statistics: Statistics;
  /** What a request for the range has. */
  bounds: string;
  plot: Plot | undefined;
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
  const hasNumbers = known.keys[""]?.number !== undefined;
  return {
    stream: object,
    length: now?.length ?? 0,
    statistics: known,
    bounds: range,
    plot: hasNumbers ? await plot(path, COLUMNS, range) : undefined,
    newest: points,
  };
}

export function StreamPage({ session, path }: { session: Session; path: string }) {
  const isChanged = useRef(false);
  const span = spanOf(search.value);
  const look = lookOf(search.value);
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
  const isOwn = session.device === `${user}/${device}`;
  const numbers = shown?.statistics.keys[""]?.number;
  const changed = () => {
    isChanged.current = true;
    refresh();
  };
  return (
    <>
      <Title path={path} stream={shown?.stream}>
        {shown && shown.length > 0 && (
          <Download
            path={path}
            transform={look.transform}
            bounds={shown.bounds}
            range={rangeOf(shown.statistics)}
          />
        )}
      </Title>
      <Failure error={error} />
      {shown && (
        <Headline
          stream={shown.stream}
          length={shown.length}
          newest={shown.newest}
          known={shown.statistics}
          range={text.stream.inRange[span.id] ?? ""}
          since={span.seconds === undefined ? shown.statistics.first?.t : undefined}
          now={now}
        />
      )}
      {shown?.length === 0 && <p>{text.stream.nothing}</p>}
      {shown && (isOwn || shown.stream.downlink) && (
        <Write
          path={path}
          stream={shown.stream}
          last={shown.newest.at(-1)?.d}
          isOther={!isOwn}
          onWritten={refresh}
        />
      )}
      {shown && shown.length > 0 && (
        <nav class="segments" aria-label={text.stream.range}>
          {SPANS.map(({ id }) => (
            <a key={id} href={link(path, { range: id })} aria-current={id === span.id || undefined}>
              {text.stream.ranges[id]}
            </a>
          ))}
        </nav>
      )}
      {shown?.plot && numbers && numbers.count > 1 && (
        <Line
          plot={shown.plot}
          label={text.stream.plot(name)}
          description={text.stream.plotText(
            count(numbers.count),
            derived(numbers.min),
            derived(numbers.max),
            derived(numbers.mean),
          )}
        />
      )}
      {shown && shown.length > 0 && (
        <PointsTable
          path={path}
          stream={shown.stream}
          length={shown.length}
          newest={shown.newest}
          now={now}
          canChange={isOwn || user === session.user}
          isOwn={isOwn}
          onChanged={changed}
        />
      )}
      {shown && user === session.user && (
        <Edit
          path={path}
          object={shown.stream}
          holds={text.devices.points(count(shown.length), shown.length === 1)}
          above={`/${user}/${device}`}
          onChanged={changed}
        />
      )}
    </>
  );
}

function rangeOf({ first, last }: Statistics): [number, number] | undefined {
  return first && last ? [first.t ?? 0, last.t ?? 0] : undefined;
}
