import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { type Statistics, statistics } from "../api/objects.ts";
import { datapoints, putAllBack, removeRange } from "../api/plot.ts";
import { useAction } from "../data/action.ts";
import { timesAndValues } from "../data/csv.ts";
import { copy } from "../data/files.ts";
import { usePolled } from "../data/polled.ts";
import type { Range } from "../data/tiles.ts";
import { ownZone } from "../data/wall.ts";
import { text } from "../text/en.ts";
import { count, derived, value } from "../text/format.ts";
import { Failure } from "../widgets/failure.tsx";
import { say } from "../widgets/toast.tsx";
import { duration, rangeWords } from "./words.ts";

const MAX_COPIED = 100_000;

// More than so many are deleted only when their number was typed, and cannot be put back.
const MANY = 100;

// A range is shown as precisely as a picture of it would be.
const PARTS = 500;

// While it is dragged, its statistics are asked for no more often, in milliseconds.
const PAUSE = 100;

async function ask(path: string, { t1, t2 }: Range): Promise<Statistics> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  return await statistics(path, `&t1=${t1}&t2=${t2}`);
}

/** What a selected range comes to, and what can be done with it. */
export function Selection(props: {
  path: string;
  range: Range;
  /** Counts how often what is there was changed. */
  corrections: number;
  canDelete: boolean;
  isOwn: boolean;
  unit: string;
  onZoom: (range: Range) => void;
  onClear: () => void;
  onChanged: () => void;
}) {
  const { path, range, canDelete, unit, onZoom, onClear } = props;
  const { polled, refresh } = usePolled(
    () => ask(path, range),
    Number.POSITIVE_INFINITY,
    `${path} ${range.t1} ${range.t2} ${props.corrections}`,
  );
  const { isBusy, error, run } = useAction();
  const isDeleting = useSignal(false);
  const known = polled.value.value;
  const n = known?.count ?? 0;
  const points = text.plot.points(count(n), n === 1);
  const numbers = known?.keys[""]?.number;
  const span = range.t2 - range.t1;
  const copyAll = () =>
    run(async () => {
      if (n > MAX_COPIED) throw new Error(text.plot.tooMany(count(MAX_COPIED)));
      const isCopied = await copy(timesAndValues(await datapoints(path, range)));
      if (!isCopied) throw new Error(text.plot.notCopied);
      say(text.plot.copied(points));
    });
  return (
    <section class="plot-head" aria-label={text.plot.selected}>
      <p class="plot-readout" role="status">
        <strong>{rangeWords(range, span / PARTS, ownZone())}</strong>
        <span>
          {duration(span)}
          {known && `, ${points}`}
        </span>
        {numbers && (
          <>
            <span>
              {text.plot.mean} <b>{derived(numbers.mean)}</b>
            </span>
            <span>
              {text.plot.min} <b>{value(numbers.min)}</b>
            </span>
            <span>
              {text.plot.max} <b>{value(numbers.max)}</b> {unit}
            </span>
          </>
        )}
      </p>
      {isDeleting.value ? (
        <Delete
          {...props}
          count={n}
          onEnd={() => {
            isDeleting.value = false;
            refresh();
          }}
        />
      ) : (
        <p class="plot-actions">
          <button type="button" onClick={() => onZoom(range)}>
            {text.plot.zoomIn}
          </button>
          <button type="button" disabled={isBusy.value || n === 0} onClick={() => void copyAll()}>
            {text.plot.copy}
          </button>
          {canDelete && (
            <button
              type="button"
              class="quiet bad"
              disabled={n === 0}
              onClick={() => {
                isDeleting.value = true;
              }}
            >
              {text.plot.delete}
            </button>
          )}
          <button type="button" class="quiet" aria-label={text.plot.clear} onClick={onClear}>
            ×
          </button>
        </p>
      )}
      <Failure error={error.value ?? polled.value.error} />
    </section>
  );
}

function Delete(props: {
  path: string;
  range: Range;
  count: number;
  isOwn: boolean;
  onEnd: () => void;
  onChanged: () => void;
}) {
  const { path, range, isOwn, onEnd, onChanged } = props;
  const id = useId();
  const typed = useSignal("");
  const { isBusy, error, run } = useAction();
  const isMany = props.count > MANY;
  const isTyped = !isMany || typed.value.replace(/\D/g, "") === String(props.count);
  const remove = () =>
    run(async () => {
      const before = isMany || !isOwn ? [] : await datapoints(path, range);
      const canUndo = before.length > 0 && before.every((it) => it.o === undefined);
      const removed = await removeRange(path, range);
      const undo = async () => {
        await putAllBack(path, before);
        onChanged();
      };
      const points = text.plot.points(count(removed), removed === 1);
      say(text.plot.deleted(points), canUndo ? undo : undefined);
      onEnd();
      onChanged();
    });
  return (
    <form
      class="plot-actions"
      onSubmit={(event) => {
        event.preventDefault();
        if (isTyped) void remove();
      }}
    >
      {isMany && (
        <>
          <label for={id}>{text.plot.typeCount(count(props.count))}</label>
          <input
            id={id}
            inputMode="numeric"
            autocomplete="off"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        </>
      )}
      <button type="submit" class="bad" disabled={isBusy.value || !isTyped}>
        {text.plot.deletePoints(text.plot.points(count(props.count), props.count === 1))}
      </button>
      <button type="button" class="quiet" onClick={onEnd}>
        {text.plot.cancel}
      </button>
      <Failure error={error.value} />
    </form>
  );
}
