import type { Datapoint } from "../api/objects.ts";
import { text } from "../text/en.ts";
import { oneLine } from "../text/format.ts";
import { exact, moment } from "../text/times.ts";
import { Virtual } from "../widgets/virtual.tsx";

const MAX_CHARS = 300;

/** What a script gives, as a table of times and values, newest first. */
export function Numbers({ points }: { points: Datapoint[] }) {
  const now = Date.now() / 1000;
  return (
    <Virtual
      label={text.views.numbersLabel}
      class="points long numbers"
      scrolls="box"
      count={points.length}
      head={
        <>
          <th scope="col" class="time">
            {text.stream.time}
          </th>
          <th scope="col">{text.stream.value}</th>
        </>
      }
      row={(at) => {
        const point = points[points.length - 1 - at];
        const { day, clock, fraction } = moment(point?.t ?? 0, now);
        return {
          cells: (
            <>
              <td title={exact(point?.t ?? 0)}>{`${day} ${clock}${fraction}`}</td>
              <td>{oneLine(point?.d, MAX_CHARS)}</td>
            </>
          ),
        };
      }}
    />
  );
}
