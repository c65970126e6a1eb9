import { useRef } from "preact/hooks";
import { type IsSilent, type Line, ORDERS, searchOf, type View } from "../../data/fleet.ts";
import { useRecent } from "../../data/recent.ts";
import { path } from "../../route.ts";
import { text } from "../../text/en.ts";
import { type Row, Virtual } from "../../widgets/virtual.tsx";
import { DeviceCells, StreamCells } from "./rows.tsx";

/** The list of devices and their streams, of which those that are seen are drawn. */
export function DevicesTable(props: {
  lines: Line[];
  view: View;
  now: number;
  isSilent: IsSilent;
  /** The paths of the streams that are seen, as `onSeen` was told. */
  seen: string[];
  onSeen: (paths: string[]) => void;
}) {
  const { lines, view, now, isSilent, seen, onSeen } = props;
  const seenNow = new Set(seen);
  const streams = lines.flatMap((line) =>
    line.kind === "stream" && seenNow.has(line.row.path) ? [line.row] : [],
  );
  useRecent("rows", streams);
  const row = (index: number): Row => {
    const line = lines[index];
    if (line?.kind === "stream") {
      const { row } = line;
      return {
        key: row.path,
        cells: <StreamCells row={row} now={now} isSilent={isSilent(row.path)} />,
      };
    }
    return {
      key: line?.row.path ?? index,
      class: "group",
      cells: line && (
        <DeviceCells line={line} view={view} now={now} isSilent={isSilent(line.row.path)} />
      ),
    };
  };
  const drawn = useRef(lines);
  drawn.current = lines;
  const tell = useRef(({ first, end }: { first: number; end: number }) => {
    const shown = drawn.current.slice(first, end);
    onSeen(shown.flatMap((line) => (line.kind === "stream" ? [line.row.path] : [])));
  });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links in it
    <div class="devices" onKeyDown={moveFocus}>
      <Virtual
        label={text.devices.title}
        count={lines.length}
        head={<HeadCells view={view} />}
        row={row}
        groupOf={(index) => groupOf(lines[index])}
        scrolls="page"
        onRows={tell.current}
      />
    </div>
  );
}

function groupOf(line: Line | undefined): number | undefined {
  return line?.kind === "stream" ? line.group : undefined;
}

/** The arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent): void {
  const step = { ArrowDown: "next" as const, ArrowUp: "previous" as const }[event.key];
  const from = event.target instanceof Element ? event.target.closest("tr[data-index]") : null;
  if (!step || !from) return;
  let to: Element | null = from;
  do to = to[`${step}ElementSibling`];
  while (to && !to.querySelector("a"));
  const link = to?.querySelector<HTMLElement>("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

const COLUMNS = [
  { id: "name", class: "", name: text.devices.name },
  { id: "value", class: "number value", name: text.devices.value },
  { id: "unit", class: "unit", name: text.devices.unit },
  { id: "recent", class: "recent", name: text.devices.recent },
  { id: "age", class: "age", name: text.devices.age },
  { id: "rate", class: "rate", name: text.devices.rate },
  { id: "points", class: "number points", name: text.devices.count },
  { id: "tags", class: "number tags", name: text.devices.tags },
] as const;

function HeadCells({ view }: { view: View }) {
  return (
    <>
      {COLUMNS.map(({ id, class: name, name: words }) => {
        const order = ORDERS.find((it) => it === id);
        const isHidden = id === "unit" || id === "tags";
        return (
          <th key={id} scope="col" class={name} aria-sort={sortOf(view, order)}>
            {order ? (
              <OrderLink view={view} order={order} words={words} />
            ) : (
              <span class={isHidden ? "for-readers" : ""}>{words}</span>
            )}
          </th>
        );
      })}
    </>
  );
}

function sortOf(view: View, order: View["order"]): "ascending" | "descending" | undefined {
  if (!order || view.order !== order) return undefined;
  return view.isReversed ? "descending" : "ascending";
}

/** By a column, then in reverse, then as they were created. */
function OrderLink(props: { view: View; order: (typeof ORDERS)[number]; words: string }) {
  const { view, order, words } = props;
  const isOrdered = view.order === order;
  const next: View = {
    ...view,
    order: isOrdered && view.isReversed ? undefined : order,
    isReversed: isOrdered && !view.isReversed,
  };
  return (
    <a href={path.value + searchOf(next)} title={text.devices.order(words)}>
      {words}
      {isOrdered && <span aria-hidden="true">{view.isReversed ? " ↑" : " ↓"}</span>}
    </a>
  );
}
