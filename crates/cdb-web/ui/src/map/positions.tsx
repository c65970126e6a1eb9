import { text } from "../text/en.ts";
import { count, dateTime, value } from "../text/format.ts";
import { degrees, distance } from "../text/places.ts";
import { BY_TIME, type Position, plainLongitude } from "./track.ts";

/** More rows are not read. */
const MAX_ROWS = 50;

/** The newest positions of a map as a table. */
export function Positions({ track, by }: { track: Position[]; by: string }) {
  const rows = track.slice(-MAX_ROWS).reverse();
  const hasAccuracy = rows.some(({ accuracy }) => accuracy !== undefined);
  const more = by === BY_TIME || by === "accuracy" ? "" : by;
  return (
    <details>
      <summary>{text.map.table(count(rows.length))}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{text.stream.time}</th>
            <th scope="col">{text.map.place}</th>
            {hasAccuracy && (
              <th scope="col" class="number">
                {text.map.accuracy}
              </th>
            )}
            {more && (
              <th scope="col" class="number">
                {more}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ t, latitude, longitude, accuracy, numbers }, i) => (
            <tr key={`${t} ${i}`}>
              <td>{dateTime(t)}</td>
              <td>
                {degrees(latitude)}, {degrees(plainLongitude(longitude))}
              </td>
              {hasAccuracy && (
                <td class="number">{accuracy === undefined ? "" : distance(accuracy)}</td>
              )}
              {more && <td class="number">{value(numbers[more] ?? null)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
