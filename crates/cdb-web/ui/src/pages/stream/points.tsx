import { useSignal } from "@preact/signals";
import { useCallback, useId } from "preact/hooks";
import { indexAfter } from "../../api/data.ts";
import type { Datapoint, Stream } from "../../api/objects.ts";
import { useAction } from "../../data/action.ts";
import { entryAt } from "../../data/deleted.ts";
import { placeOf } from "../../data/place.ts";
import type { Rows } from "../../data/rows.ts";
import { unitOf } from "../../data/unit.ts";
import { usualPlaces } from "../../text/digits.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { type Row, Virtual } from "../../widgets/virtual.tsx";
import { DeletedCells, PointCells } from "./cells.tsx";
import { Correcting } from "./correcting.tsx";
import { useCorrections } from "./correction.ts";

export interface PointsProps {
  path: string;
  stream: Stream;
  /** The number of all datapoints of the stream. */
  length: number;
  /** The newest datapoints, oldest first. */
  newest: Datapoint[];
  /** The time of the answer, in seconds since 1970. */
  now: number;
  /** Whether one may correct and delete them. */
  canChange: boolean;
  /** Whether one has written them oneself, so that they can be put back as they were. */
  isOwn: boolean;
  onChanged: () => void;
}

/** All datapoints of a stream, newest first, each of which can be corrected and deleted. */
export function PointsTable(props: PointsProps) {
  const { path, stream, now, canChange } = props;
  const corrections = useCorrections(props);
  const { points, length, deleted } = corrections;
  const editing = useSignal<number | undefined>(undefined);
  const open = useSignal<number | undefined>(undefined);
  const goTo = useSignal<number | undefined>(undefined);
  // Drawn again when more has come.
  void points.version.value;
  const gone = deleted.value;
  const places = usualPlaces(props.newest);
  const hasNumbers = typeof props.newest.at(-1)?.d === "number";
  const hasOrigins = props.newest.some(({ o }) => o !== undefined);

  const onRows = useCallback(
    ({ first, end }: Rows) => {
      // A row more, which a change is from, and those that were deleted.
      points.want(Math.max(length - end - gone.length - 1, 0), length - first, length);
    },
    [points, length, gone.length, points.version.value],
  );
  const row = (at: number): Row => {
    const entry = entryAt(at, length, gone);
    if ("deleted" in entry) {
      const { deleted } = entry;
      return {
        key: `deleted ${deleted.point.t} ${deleted.until}`,
        class: "deleted",
        cells: (
          <DeletedCells
            deleted={deleted}
            now={now}
            places={places}
            hasOrigins={hasOrigins}
            onUndo={() => void corrections.undo(deleted)}
          />
        ),
      };
    }
    const { index } = entry;
    const point = points.at(index);
    if (point && editing.value === index) {
      const end = () => {
        editing.value = undefined;
      };
      return {
        key: index,
        class: "editing",
        cells: (
          <Correcting
            point={point}
            now={now}
            hasOrigins={hasOrigins}
            onCancel={end}
            onSave={async (d) => {
              if (await corrections.correct(index, point, d)) end();
            }}
          />
        ),
      };
    }
    return {
      key: index,
      class: open.value === index ? "open" : undefined,
      cells: (
        <PointCells
          point={point}
          before={points.at(index - 1)}
          now={now}
          places={places}
          hasOrigins={hasOrigins}
          canChange={canChange}
          onOpen={() => {
            open.value = open.value === index ? undefined : index;
          }}
          onCorrect={() => {
            editing.value = index;
          }}
          onDelete={() => point && void corrections.remove(index, point)}
        />
      ),
    };
  };
  const { value, change, from } = text.points;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>
          {text.points.title} <span class="hint">{text.points.newestFirst}</span>
        </h2>
        <GoTo
          path={path}
          length={length}
          onFound={(index) => {
            goTo.value = length - 1 - index;
          }}
        />
      </div>
      <Failure error={corrections.error} />
      <Virtual
        label={text.points.title}
        class={hasNumbers ? "points" : "points long"}
        scrolls="box"
        count={length + gone.length}
        above={corrections.added}
        goTo={goTo}
        onRows={onRows}
        row={row}
        head={
          <>
            <th scope="col" class="time">
              {text.stream.time}
            </th>
            <th scope="col" class={hasNumbers ? "number" : "words"}>
              {value(unitOf(stream.datatype))}
            </th>
            <th scope="col" class="number wide-only">
              {change}
            </th>
            {hasOrigins && (
              <th scope="col" class="wide-only">
                {from}
              </th>
            )}
            <th scope="col" class="row-actions">
              <span class="for-readers">{text.stream.actions}</span>
            </th>
          </>
        }
      />
    </section>
  );
}

/** Finds a datapoint by its time or its number. */
function GoTo(props: { path: string; length: number; onFound: (index: number) => void }) {
  const { path, length, onFound } = props;
  const id = useId();
  const words = useSignal("");
  const problem = useSignal("");
  const { error, run } = useAction();
  const find = (event: Event) => {
    event.preventDefault();
    const place = placeOf(words.value);
    problem.value = place ? "" : text.points.notFound(words.value);
    if (!place) return;
    void run(async () => {
      const index = "index" in place ? place.index : (await indexAfter(path, place.t)) - 1;
      onFound(Math.min(Math.max(index, 0), length - 1));
    });
  };
  return (
    <form class="go-to" onSubmit={find}>
      <input
        aria-label={text.points.goTo}
        placeholder={text.points.goTo}
        autocomplete="off"
        aria-invalid={problem.value !== ""}
        aria-describedby={problem.value ? id : undefined}
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
        }}
      />
      {problem.value && (
        <p class="problem" id={id} role="alert">
          {problem.value}
        </p>
      )}
      <Failure error={error.value} />
    </form>
  );
}
