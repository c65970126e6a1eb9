import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Column, Plan } from "../../data/csv-plan.ts";
import type { Bad } from "../../data/csv-read.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";

// So many refused rows are shown; the file of refused rows has all.
const MAX_SHOWN = 20;

/** The rows that are refused, each with the reason, and a way to put it right. */
export function Refused(props: {
  plan: Plan;
  refused: Bad[];
  onCorrect: (row: number, column: number, cell: string) => void;
}) {
  const { plan, refused, onCorrect } = props;
  const shown = refused.slice(0, MAX_SHOWN);
  return (
    <>
      <table class="refused-table">
        <caption class="for-readers">{text.upload.refusedRows}</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              {text.upload.row}
            </th>
            <th scope="col">{text.upload.why}</th>
            <th scope="col">
              <span class="for-readers">{text.stream.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((bad) => (
            <Row
              key={`${bad.row} ${bad.problem}`}
              bad={bad}
              column={plan.columns[bad.column ?? -1]}
              onCorrect={(cell) => onCorrect(bad.row, bad.column ?? 0, cell)}
            />
          ))}
        </tbody>
      </table>
      {refused.length > shown.length && (
        <p class="hint">{text.upload.moreRefused(count(refused.length - shown.length))}</p>
      )}
    </>
  );
}

function Row(props: { bad: Bad; column: Column | undefined; onCorrect: (cell: string) => void }) {
  const { bad, column, onCorrect } = props;
  const id = useId();
  const written = bad.column === undefined ? undefined : bad.cells[bad.column];
  const isOpen = useSignal(false);
  const typed = useSignal(written ?? "");
  const canCorrect = written !== undefined && column !== undefined;
  return (
    <tr>
      <td class="number">{count(bad.row)}</td>
      <td>
        {column && <span class="hint">{column.name} </span>}
        {written && <code class="wrong">{written}</code>} {withoutQuote(bad.problem, written)}
        {isOpen.value && (
          <form
            class="inline"
            onSubmit={(event) => {
              event.preventDefault();
              isOpen.value = false;
              onCorrect(typed.value);
            }}
          >
            <label class="for-readers" for={id}>
              {text.upload.correctCell(count(bad.row))}
            </label>
            <input
              id={id}
              class="code"
              value={typed.value}
              ref={(input) => input?.focus()}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
              }}
            />
            <button type="submit">{text.upload.take}</button>
          </form>
        )}
      </td>
      <td class="number">
        {canCorrect && !isOpen.value && (
          <button
            type="button"
            class="quiet"
            aria-label={text.upload.correctRow(count(bad.row))}
            onClick={() => {
              isOpen.value = true;
            }}
          >
            {text.upload.correct}
          </button>
        )}
      </td>
    </tr>
  );
}

/** The problem of a cell that stands before it: without the cell in quotation marks. */
function withoutQuote(problem: string, written = ""): string {
  const quoted = `“${written.trim()}” `;
  return problem.startsWith(quoted) ? problem.slice(quoted.length) : problem;
}

/** The refused rows as a table, with the reasons. */
export function refusedCsv(plan: Plan, refused: Bad[]): string {
  const delimiter = plan.source.type === "table" ? plan.source.delimiter : ",";
  const cell = (written: string) =>
    new RegExp(`["\\n\\r${delimiter === "|" ? "\\|" : delimiter}]`).test(written)
      ? `"${written.replaceAll('"', '""')}"`
      : written;
  const names = [...plan.columns.map(({ name }) => name), text.upload.whyColumn];
  const rows = refused.map(({ cells, problem }) => [...cells, problem]);
  return `${[names, ...rows].map((row) => row.map(cell).join(delimiter)).join("\r\n")}\r\n`;
}
