import { type Datapoint, putBack, removeAt } from "../api/objects.ts";
import { useAction } from "../data/action.ts";
import { text } from "../text/en.ts";
import { dateTime, value } from "../text/format.ts";
import { Failure } from "./failure.tsx";
import { say } from "./toast.tsx";

/** The newest datapoints of a stream, newest first, each of which can be deleted. */
export function Newest(props: {
  path: string;
  /** The number of all datapoints of the stream. */
  length: number;
  points: Datapoint[];
  /** Whether one may delete them. */
  canDelete: boolean;
  /** Whether one has written them oneself, so that they can be put back as they were. */
  isOwn: boolean;
  onChanged: () => void;
}) {
  const { path, length, points, canDelete, isOwn, onChanged } = props;
  const { error, run } = useAction();
  const change = async (work: () => Promise<void>) => {
    // A second click would find the next datapoint at the same place: it is ignored.
    await run(work);
    onChanged();
  };
  const remove = (index: number, point: Datapoint) =>
    change(async () => {
      if (!(await removeAt(path, index, point))) {
        say(text.stream.moved);
        return;
      }
      const canUndo = isOwn && point.o === undefined;
      const undo = canUndo ? () => change(() => putBack(path, point)) : undefined;
      say(text.stream.deleted(value(point.d)), undo);
    });
  const first = length - points.length;
  const rows = points.map((point, at) => ({ point, index: first + at })).reverse();
  return (
    <section>
      <h2>{text.stream.newest}</h2>
      <Failure error={error.value} />
      <table class="points-table">
        <thead>
          <tr>
            <th scope="col">{text.stream.time}</th>
            <th scope="col" class="number">
              {text.stream.value}
            </th>
            <th scope="col">
              <span class="for-readers">{text.stream.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ point, index }) => (
            <tr key={index}>
              <td>{dateTime(point.t)}</td>
              <td class="number">{value(point.d)}</td>
              <td class="number">
                {canDelete && (
                  <button
                    type="button"
                    class="quiet"
                    aria-label={text.stream.deleteOne(value(point.d), dateTime(point.t))}
                    onClick={() => void remove(index, point)}
                  >
                    {text.stream.delete}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
