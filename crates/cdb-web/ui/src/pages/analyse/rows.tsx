// The rows of the answer, newest first.

import { useSignal } from "@preact/signals";
import type { Row } from "../../api/queries.ts";
import type { Question } from "../../data/dataset-address.ts";
import { isComplete, type Result } from "../../data/dataset-result.ts";
import { amount, rowName } from "../../text/amounts.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { seriesClass } from "./word.tsx";

/** How many rows are shown at first, and how many more at a time. */
const FIRST = 8;
const MORE = 50;

const words = text.analyse;

export function Rows(props: { question: Question; result: Result; now: number }) {
  const { question, result, now } = props;
  const { columns, rows, kept } = result;
  const shown = useSignal(FIRST);
  const newest = rows.slice(Math.max(0, rows.length - shown.value)).reverse();
  const every = question.shape === "series" ? "value" : question.every;
  const left = Math.min(rows.length - newest.length, MORE);
  return (
    <section class="card rows" aria-label={words.table}>
      <h2>
        {words.table}
        <span class="hint">{words.tableHint(words.rowCount(count(kept.length)))}</span>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <section class="scrolled" aria-label={words.values} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{headOf(every)}</th>
              {columns.map(({ key, name }, at) => (
                <th scope="col" class="number" key={key}>
                  <span class={`swatch${seriesClass(at)}`} />
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {newest.map((row, at) => (
              <OneRow
                key={at}
                row={row}
                name={rowName(row.t, every, question.zone, now)}
                isLeftOut={question.isComplete && !isComplete(row, columns)}
                columns={columns}
              />
            ))}
          </tbody>
        </table>
      </section>
      {left > 0 && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            shown.value += MORE;
          }}
        >
          {words.more(count(left))}
        </button>
      )}
    </section>
  );
}

function headOf(every: Question["every"]): string {
  const { day, week, month, other } = words.time;
  return { day, week, month }[every as string] ?? other;
}

function OneRow(props: { row: Row; name: string; isLeftOut: boolean; columns: Result["columns"] }) {
  const { row, name, isLeftOut, columns } = props;
  return (
    <tr class={isLeftOut ? "left-out" : ""}>
      <th scope="row">
        {name}
        {isLeftOut && <span class="hint"> {words.leftOut}</span>}
      </th>
      {columns.map(({ key, how }) => (
        <td class={typeof row.d[key] === "string" ? "number words" : "number"} key={key}>
          {amount(row.d[key], how)}
        </td>
      ))}
    </tr>
  );
}
