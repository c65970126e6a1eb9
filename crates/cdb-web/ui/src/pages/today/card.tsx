import type { Datapoint } from "../../api/objects.ts";
import { plot } from "../../api/objects.ts";
import { usePolled } from "../../data/polled.ts";
import { waiting } from "../../data/queue.ts";
import { isA, isNumber, parse, type Schema } from "../../data/schema.ts";
import { TEMPLATES } from "../../data/templates.ts";
import type { StreamRow } from "../../data/tree.ts";
import { unitOf } from "../../data/unit.ts";
import { Sparkline } from "../../plot/sparkline.tsx";
import { text } from "../../text/en.ts";
import { value } from "../../text/format.ts";
import { Age } from "../../widgets/age.tsx";
import type { IconName } from "../../widgets/icons.tsx";
import { KeptHere } from "../../widgets/kept.tsx";
import { ObjectIcon } from "../../widgets/object-icon.tsx";
import { Write } from "../../widgets/write.tsx";

// What is older than a day is due.
const DUE = 86_400;

const COLUMNS = 64;

/** How much of a stream its small picture shows, in days. */
const DAYS = 28;

interface CardProps {
  row: StreamRow;
  now: number;
  /** The key that goes to it. */
  shortcut: number | undefined;
  onWritten: () => void;
  /** Moves it to the front or the back, while one arranges. */
  onMove: ((step: -1 | 1) => void) | undefined;
  isFirst: boolean;
  isLast: boolean;
}

/** One stream that is written by hand. */
export function Card({ row, now, shortcut, onWritten, onMove, isFirst, isLast }: CardProps) {
  const { path, stream } = row;
  const schema = parse(stream.schema);
  const name = stream.nickname || stream.name;
  const kept = waiting.value.filter((it) => it.path === path).at(-1);
  const last = kept ?? row.latest?.last ?? undefined;
  const isDrawn = isNumber(schema) && (row.latest?.length ?? 0) > 1;
  return (
    <article class={isWide(stream.datatype, schema) ? "card today wide" : "card today"}>
      <h2>
        <ObjectIcon icon={stream.icon} fallback={iconOf(stream.datatype, schema)} />
        <a href={`/${path}`}>{name}</a>
        {shortcut !== undefined && !onMove && <kbd>{shortcut}</kbd>}
        {onMove && <Arrows name={name} onMove={onMove} isFirst={isFirst} isLast={isLast} />}
      </h2>
      <div class="value">
        <Value last={last} datatype={stream.datatype} schema={schema} />
        {isDrawn && (
          <Spark
            key={row.latest?.length}
            path={path}
            label={name}
            end={row.latest?.last?.t ?? now}
          />
        )}
      </div>
      {kept ? <KeptHere /> : <Freshness last={last} now={now} isDrawn={isDrawn} />}
      <Write path={path} stream={stream} last={last?.d} isOther={false} onWritten={onWritten} />
    </article>
  );
}

/** Texts want more room. */
function isWide(datatype: string, schema: Schema): boolean {
  return schema.type === "string" && schema.enum === undefined && isA(datatype, "log");
}

/** What is drawn for a stream that has no icon: that of its template. */
function iconOf(datatype: string, schema: Schema): IconName {
  const template = TEMPLATES.find((it) => it.datatype !== "" && isA(datatype, it.datatype));
  if (template) return template.icon;
  if (schema.type === "boolean" || schema.enum) return "check";
  return schema.type === "string" ? "book" : "line";
}

function Value(props: { last: Datapoint | undefined; datatype: string; schema: Schema }) {
  const { last, datatype, schema } = props;
  if (!last) return <strong />;
  const { d } = last;
  const unit = isA(datatype, "rating.stars")
    ? text.today.of(schema.maximum ?? 10)
    : unitOf(datatype);
  return (
    <strong class={typeof d === "number" || typeof d === "boolean" ? "" : "words"}>
      {value(d)}
      {typeof d === "number" && unit && <span class="unit">{unit}</span>}
    </strong>
  );
}

function Freshness(props: { last: Datapoint | undefined; now: number; isDrawn: boolean }) {
  const { last, now, isDrawn } = props;
  const isFresh = last !== undefined && now - last.t < DUE;
  return (
    <p class="hint">
      <span class={isFresh ? "dot" : "dot due"} />
      {last ? <Age t={last.t} now={now} /> : text.devices.none}
      {isDrawn && <span class="days"> · {text.today.days(DAYS)}</span>}
    </p>
  );
}

function Arrows(
  props: Pick<CardProps, "isFirst" | "isLast"> & {
    name: string;
    onMove: (step: -1 | 1) => void;
  },
) {
  const { name, onMove, isFirst, isLast } = props;
  return (
    <span class="arrows">
      <button
        type="button"
        aria-label={text.today.earlier(name)}
        disabled={isFirst}
        onClick={() => onMove(-1)}
      >
        ←
      </button>
      <button
        type="button"
        aria-label={text.today.later(name)}
        disabled={isLast}
        onClick={() => onMove(1)}
      >
        →
      </button>
    </span>
  );
}

/** Asked for once for each length. */
function Spark({ path, label, end }: { path: string; label: string; end: number }) {
  const range = `&t1=${end - DAYS * 86_400}&t2=${end}`;
  const { polled } = usePolled(() => plot(path, COLUMNS, range), Number.POSITIVE_INFINITY, path);
  return polled.value.value ? <Sparkline plot={polled.value.value} label={label} /> : null;
}
