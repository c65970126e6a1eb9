// Correcting and deleting datapoints in the table of a stream.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { correctAt } from "../../api/data.ts";
import { type Datapoint, putBack, removeAt } from "../../api/objects.ts";
import { useAction } from "../../data/action.ts";
import { type Deleted, withDeleted, withoutDeleted } from "../../data/deleted.ts";
import { Points } from "../../data/points.ts";
import { text } from "../../text/en.ts";
import { value } from "../../text/format.ts";
import { say } from "../../widgets/toast.tsx";

/** How long something can be taken back, in milliseconds. */
const UNDO = 10_000;

export interface Corrections {
  points: Points;
  /** The number of datapoints, with what was done here and not yet answered. */
  length: number;
  /** How many were added at the end while the table was there. */
  added: number;
  deleted: Signal<Deleted[]>;
  error: unknown;
  remove: (index: number, point: Datapoint) => Promise<void>;
  undo: (gone: Deleted) => Promise<void>;
  /** Returns whether it was done. */
  correct: (index: number, point: Datapoint, d: unknown) => Promise<boolean>;
}

export function useCorrections(props: {
  path: string;
  length: number;
  /** The newest datapoints, oldest first. */
  newest: Datapoint[];
  /** Whether one has written them oneself, so that they can be put back as they were. */
  isOwn: boolean;
  onChanged: () => void;
}): Corrections {
  const { path, isOwn, onChanged } = props;
  const points = useMemo(() => new Points(path), [path]);
  const length = useSignal(props.length);
  const added = useSignal(0);
  const deleted = useSignal<Deleted[]>([]);
  const { error, run } = useAction();

  useMemo(() => points.see(props.newest, props.length), [points, props.newest, props.length]);
  useEffect(() => {
    const more = props.length - length.peek();
    if (more > 0) added.value += more;
    if (more < 0) points.forget(0);
    length.value = props.length;
  }, [props.length, points, length, added]);

  const first = deleted.value.reduce((first, { until }) => Math.min(first, until), Infinity);
  useEffect(() => {
    if (first === Infinity) return;
    const end = setTimeout(() => {
      deleted.value = deleted.value.filter(({ until }) => until > first);
    }, first - Date.now());
    return () => clearTimeout(end);
  }, [first, deleted]);

  const remove = async (index: number, point: Datapoint) => {
    // A second click would find the next datapoint at the same place: it is ignored.
    await run(async () => {
      const isDone = await removeAt(path, index, point);
      points.forget(isDone ? index : 0);
      if (!isDone) return say(text.stream.moved);
      length.value--;
      const canUndo = isOwn && point.o === undefined;
      say(text.stream.deleted(value(point.d)));
      if (!canUndo) return;
      deleted.value = withDeleted(deleted.value, { point, index, until: Date.now() + UNDO });
    });
    onChanged();
  };
  const undo = async (gone: Deleted) => {
    await run(async () => {
      await putBack(path, gone.point);
      points.forget(gone.index);
      length.value++;
      deleted.value = withoutDeleted(deleted.value, gone);
    });
    onChanged();
  };
  const correct = async (index: number, point: Datapoint, d: unknown) => {
    const isDone = await run(async () => {
      const isSame = await correctAt(path, index, point, d);
      points.forget(isSame ? index : 0);
      say(isSame ? text.points.corrected(value(point.d), value(d)) : text.stream.moved);
    });
    onChanged();
    return isDone;
  };
  return {
    points,
    length: length.value,
    added: added.value,
    deleted,
    error: error.value ?? points.error.value,
    remove,
    undo,
    correct,
  };
}
