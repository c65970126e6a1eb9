import type { Kind } from "../../data/csv-cell.ts";
import type { PreviewRow } from "../../data/csv-messages.ts";
import type { Column, Plan } from "../../data/csv-plan.ts";
import { text } from "../../text/en.ts";
import { dateTime, value } from "../../text/format.ts";

/** What a column is, as one chooses it. */
const CHOICES = ["time", "number", "boolean", "text", "json", "out"] as const;

/** The first rows, as they are written and as they are read. */
export function Preview(props: {
  plan: Plan;
  rows: PreviewRow[];
  onColumn: (at: number, to: Column) => void;
}) {
  const { plan, rows, onColumn } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard
    <section class="scrolls" aria-label={text.upload.preview} tabIndex={0}>
      <table class="preview">
        <thead>
          <tr>
            <th scope="col" class="number">
              {text.upload.row}
            </th>
            {plan.columns.map((column, at) => (
              <th scope="col" key={column.name} class={isNumber(column) ? "number" : ""}>
                <span class="name">{column.name}</span>
                <span aria-hidden="true"> → </span>
                {plan.source.type === "points" ? (
                  text.upload.columns[column.role === "time" ? "time" : "json"]
                ) : (
                  <Role column={column} onChange={(to) => onColumn(at, to)} />
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.row}>
              <td class="number hint">{row.row}</td>
              {plan.columns.map((column, at) => (
                <td key={column.name} class={isNumber(column) ? "number" : ""}>
                  <PreviewCell plan={plan} row={row} at={at} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function isNumber({ role, kind }: Column): boolean {
  return role === "value" && kind === "number";
}

function Role({ column, onChange }: { column: Column; onChange: (to: Column) => void }) {
  const chosen = column.role === "value" ? column.kind : column.role;
  return (
    <select
      class={column.role === "out" ? "role out" : "role"}
      aria-label={text.upload.columnIs(column.name)}
      value={chosen}
      onChange={(event) => {
        const to = CHOICES.find((it) => it === event.currentTarget.value) ?? "out";
        const isRole = to === "time" || to === "out";
        onChange(
          isRole ? { ...column, role: to } : { ...column, role: "value", kind: to satisfies Kind },
        );
      }}
    >
      {CHOICES.map((choice) => (
        <option key={choice} value={choice}>
          {text.upload.columns[choice]}
        </option>
      ))}
    </select>
  );
}

/** A cell as it is written, and beside it what it was read as. */
function PreviewCell({ plan, row, at }: { plan: Plan; row: PreviewRow; at: number }) {
  const { role, name } = plan.columns[at] ?? { role: "out", name: "" };
  const written = row.cells[at] ?? "";
  if (role === "out") return <span class="hint">{written}</span>;
  const isFirstTime = plan.columns.findIndex((column) => column.role === "time") === at;
  const read =
    role === "time"
      ? isFirstTime && row.t !== undefined && dateTime(row.t)
      : readAs(plan, row.json, name);
  return (
    <>
      <code>{written}</code> {read && <strong>{read}</strong>}
    </>
  );
}

function readAs(plan: Plan, json: string | undefined, name: string): string | undefined {
  if (json === undefined) return undefined;
  const parsed: unknown = JSON.parse(json);
  const isObject = plan.columns.filter(({ role }) => role === "value").length > 1;
  const own = isObject ? (parsed as Record<string, unknown>)[name] : parsed;
  return own === undefined ? undefined : value(own);
}
