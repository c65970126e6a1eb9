// The cells of a row in the table of datapoints.

import { useEffect, useState } from "preact/hooks";
import type { Datapoint } from "../../api/objects.ts";
import type { Deleted } from "../../data/deleted.ts";
import { valueWith } from "../../text/digits.ts";
import { text } from "../../text/en.ts";
import { dateTime, derived, oneLine, value } from "../../text/format.ts";
import { exact, moment } from "../../text/times.ts";
import { Icon } from "../../widgets/icons.tsx";

// More of a text is never seen in a row.
const MAX_CHARS = 300;

interface CellsProps {
  /** Missing until it has come. */
  point: Datapoint | undefined;
  /** The one before it, if that is here. */
  before: Datapoint | undefined;
  now: number;
  /** The usual number of decimal places. */
  places: number;
  hasOrigins: boolean;
  canChange: boolean;
  onOpen: () => void;
  onCorrect: () => void;
  onDelete: () => void;
}

export function TimeCell({ t, now }: { t: number; now: number }) {
  const { day, clock, fraction } = moment(t, now);
  const isToday = day === text.times.today;
  return (
    <td title={exact(t)} class="time">
      <span class={isToday ? "wide-only" : ""}>{day} </span>
      {isToday ? clock : clock.slice(0, 5)}
      <span class="wide-only">{(isToday ? "" : clock.slice(5)) + fraction}</span>
    </td>
  );
}

export function PointCells({ point, before, now, hasOrigins, places, ...actions }: CellsProps) {
  if (!point) return <td class="hint">{text.points.loading}</td>;
  return (
    <>
      <TimeCell t={point.t} now={now} />
      <td class={typeof point.d === "number" ? "number value" : "words"}>
        {shown(places, point.d)}
      </td>
      <td class="number wide-only hint">{changed(point.d, before?.d)}</td>
      {hasOrigins && <td class="wide-only hint">{point.o}</td>}
      <td class="row-actions">{actions.canChange && <Actions point={point} {...actions} />}</td>
    </>
  );
}

function Actions(props: {
  point: Datapoint;
  onOpen: () => void;
  onCorrect: () => void;
  onDelete: () => void;
}) {
  const names = [value(props.point.d), dateTime(props.point.t)] as const;
  return (
    <>
      <button
        type="button"
        class="quiet icon-button more"
        aria-label={text.points.more(...names)}
        onClick={props.onOpen}
      >
        <Icon name="more" />
      </button>
      <button
        type="button"
        class="quiet icon-button"
        aria-label={text.points.correctOne(...names)}
        onClick={props.onCorrect}
      >
        <Icon name="pencil" />
      </button>
      <button
        type="button"
        class="quiet icon-button"
        aria-label={text.stream.deleteOne(...names)}
        onClick={props.onDelete}
      >
        <Icon name="trash" />
      </button>
    </>
  );
}

/** One that was deleted, and can be put back for a while. */
export function DeletedCells(props: {
  deleted: Deleted;
  now: number;
  places: number;
  hasOrigins: boolean;
  onUndo: () => void;
}) {
  const { places } = props;
  const { point, until } = props.deleted;
  return (
    <>
      <TimeCell t={point.t} now={props.now} />
      <td class={typeof point.d === "number" ? "number" : "words"}>{shown(places, point.d)}</td>
      <td class="wide-only" />
      {props.hasOrigins && <td class="wide-only" />}
      <td class="row-actions">
        <button type="button" onClick={props.onUndo}>
          <Icon name="undo" /> {text.write.undo}
          <Countdown until={until} />
          <span class="for-readers">{text.points.undoOne(value(point.d), dateTime(point.t))}</span>
        </button>
      </td>
    </>
  );
}

/** The seconds that are left. */
function Countdown({ until }: { until: number }) {
  const left = () => Math.max(Math.ceil((until - Date.now()) / 1000), 0);
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return <span aria-hidden="true"> · {seconds} s</span>;
}

/** A value in a cell, which cuts it where it is too long. */
function shown(places: number, d: unknown): string {
  return typeof d === "number" ? valueWith(places, d) : oneLine(d, MAX_CHARS);
}

/** How much more a number is than the one before. */
function changed(d: unknown, before: unknown): string {
  if (typeof d !== "number" || typeof before !== "number") return "";
  const change = d - before;
  const rounded = derived(change);
  return change > 0 ? `+${rounded}` : rounded;
}
