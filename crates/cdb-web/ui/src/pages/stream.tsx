import { useRef } from "preact/hooks";
import { isReached } from "../api/http.ts";
import type { Session } from "../api/session.ts";
import { usualHow } from "../data/dataset-streams.ts";
import { useLive } from "../data/live.ts";
import { type LookRange, link, lookOf } from "../data/look.ts";
import { usePolled } from "../data/polled.ts";
import { SPANS } from "../data/range.ts";
import { unitOf } from "../data/unit.ts";
import { StreamPlot } from "../plot/lazy.tsx";
import { Ranges } from "../plot/ranges.tsx";
import { search } from "../route.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Views } from "../views/lazy.tsx";
import { StreamMap } from "../views/map.tsx";
import { Edit } from "../widgets/edit.tsx";
import { Failure } from "../widgets/failure.tsx";
import { KeptNote } from "../widgets/kept.tsx";
import { Menu } from "../widgets/menu.tsx";
import { Write } from "../widgets/write.tsx";
import { aboutOf, ask, type Shown, timesOf } from "./stream/data.ts";
import { Download } from "./stream/download.tsx";
import { examplesFor } from "./stream/examples.ts";
import { Headline, Title } from "./stream/header.tsx";
import { Pin } from "./stream/pin.tsx";
import { PointsTable } from "./stream/points.tsx";
import { QueryBar, useTransform } from "./stream/query-bar.tsx";
import { Results } from "./stream/results.tsx";

const INTERVAL = 5000;

export function StreamPage({ session, path }: { session: Session; path: string }) {
  const isChanged = useRef(false);
  const look = lookOf(search.value);
  const transform = useTransform(path, look.transform);
  const { polled, refresh } = usePolled(
    async (before: Shown | undefined) => {
      const next = await ask(
        path,
        look.range,
        transform ?? "",
        isChanged.current ? undefined : before,
      );
      isChanged.current = false;
      return next;
    },
    INTERVAL,
    JSON.stringify([path, look.range, transform]),
  );
  useLive([path], refresh);
  const { value: shown, error, now } = polled.value;
  const [user = "", device = "", name = ""] = path.split("/");
  const isOwn = session.device === `${user}/${device}`;
  const isMine = user === session.user;
  const hasPlot = shown !== undefined && hasNumbers(shown);
  const about = shown && aboutOf(path, shown, now);
  const changed = () => {
    isChanged.current = true;
    refresh();
  };
  return (
    <>
      <Title path={path} stream={shown?.stream}>
        <Pin user={session.user} path={path} />
        <a
          class="button"
          href={`/app/boards?pin=${encodeURIComponent(path)}`}
          aria-label={text.stream.pin}
        >
          {text.stream.board}
        </a>
        {about && (
          <Download
            path={path}
            transform={about.transform}
            bounds={about.bounds}
            range={timesOf(shown)}
          />
        )}
        {shown && (
          <Menu label={text.stream.more}>
            <a href={analysisOf(path, shown)}>{text.stream.analyse}</a>
            {isMine && <a href={`/app/upload?into=${path}`}>{text.stream.upload}</a>}
          </Menu>
        )}
      </Title>
      {isOwn && <KeptNote />}
      <Failure error={isOwn && !isReached.value ? undefined : error} />
      {shown && (
        <Headline
          stream={shown.stream}
          length={shown.length}
          newest={shown.newest}
          known={shown.statistics}
          range={rangeName(shown.range)}
          since={shown.bounds === "" ? shown.statistics.first?.t : undefined}
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
      {shown && hasPlot && (
        <StreamPlot
          path={path}
          name={shown.stream.nickname || name}
          unit={shown.transform ? "" : unitOf(shown.stream.datatype)}
          transform={shown.transform}
          canDelete={(isOwn || isMine) && shown.transform === ""}
          isOwn={isOwn}
          onChanged={changed}
        >
          <Ranges extent={timesOf(shown)} />
        </StreamPlot>
      )}
      {shown && shown.length > 0 && !hasPlot && <Ranges extent={timesOf(shown)} />}
      {shown && hasPlaces(shown) && (
        <StreamMap path={path} transform={shown.transform} range={shown.bounds} />
      )}
      {shown && shown.length > 0 && !about && !hasPlot && (
        <p>
          {text.stream.nothingInRange}{" "}
          <a href={link(path, { range: "", span: "", t1: "", t2: "" })}>{text.stream.everything}</a>
        </p>
      )}
      {about && <QueryBar path={path} asked={look.transform} examples={examplesFor(about)} />}
      {about && transform !== undefined && <Views about={about} look={look} />}
      {about && about.transform !== "" && <Results about={about} />}
      {shown && shown.length > 0 && shown.transform === "" && (
        <PointsTable
          path={path}
          stream={shown.stream}
          length={shown.length}
          newest={shown.newest}
          now={now}
          canChange={isOwn || isMine}
          isOwn={isOwn}
          onChanged={changed}
        />
      )}
      {shown && isMine && (
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

/** The page on which its values are put beside those of others, a row for each day. */
function analysisOf(path: string, { stream, newest }: Shown): string {
  const latest = { stream: path, length: newest.length, last: newest.at(-1) ?? null };
  return `/app/analyse?column=${usualHow({ path, stream, latest })}:${path}`;
}

function rangeName(range: LookRange): string {
  const span = "seconds" in range && SPANS.find(({ seconds }) => seconds === range.seconds);
  return (span && text.stream.inRange[span.id]) || text.stream.inThis;
}

/** Whether there are numbers to draw, in the range or elsewhere. */
function hasNumbers({ given, newest, length }: Shown): boolean {
  if (length === 0) return false;
  return given.count > 0
    ? given.keys[""]?.number !== undefined
    : typeof newest.at(-1)?.d === "number";
}

/** Whether there are places in the range. */
function hasPlaces({ given }: Shown): boolean {
  const { latitude, longitude } = given.keys;
  return latitude?.number !== undefined && longitude?.number !== undefined;
}
