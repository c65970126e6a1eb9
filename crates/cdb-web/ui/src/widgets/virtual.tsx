// A table of any number of rows, of which those that are seen are drawn.

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import {
  type Extent,
  isStuck,
  type Rows,
  rowsAt,
  type Scroll,
  scrolled,
  settled,
  spaces,
} from "../data/rows.ts";

// Until a row was drawn and measured.
const ROW_HEIGHT = 36;

// The browser is where the rows are so long after it was scrolled, in milliseconds.
const SETTLE = 200;

export interface Row {
  /** What stays the same when rows come or go above; by default the index. */
  key?: string | number;
  class?: string | undefined;
  /** The cells, `<td>` and `<th scope="row">`. */
  cells: ComponentChildren;
}

export interface VirtualProps {
  /** What it is a table of, for screen readers. */
  label: string;
  class?: string;
  /** The number of rows, without the head. */
  count: number;
  /** The cells of the head, `<th scope="col">`. */
  head: ComponentChildren;
  /** A row. All are of one height, that of CSS. */
  row: (index: number) => Row;
  /** The row that stands for the group of a row, and stays at the top while one of the group is seen. */
  groupOf?: (index: number) => number | undefined;
  /** What is scrolled: a box of its own, or the page. */
  scrolls: "box" | "page";
  /** How many rows were put above the others so far. When it grows, what is seen stays where it is. */
  above?: number;
  /** The row to go to. It is taken out when one is there. */
  goTo?: Signal<number | undefined>;
  /** Is told which rows are drawn, so that they can be asked for. */
  onRows?: (rows: Rows) => void;
}

interface Drawn extends Rows {
  extent: Extent;
  offset: number;
}

export function Virtual(props: VirtualProps) {
  const { label, count, head, row, groupOf, scrolls } = props;
  const { box, body, drawn, onFocus, onBlur, focused } = useScroll(props);
  const indexes = indexesOf(drawn, count, groupOf, focused);
  const before = spaces(indexes, { ...drawn.extent, count }, drawn.offset);
  const table = (
    <table aria-label={label} aria-rowcount={count + 1}>
      <thead>
        <tr aria-rowindex={1}>{head}</tr>
      </thead>
      <tbody ref={body} onFocusIn={onFocus} onFocusOut={onBlur}>
        {indexes.map((index, at) => {
          const { key = index, class: name, cells } = row(index);
          return [
            <Space key={`before ${key}`} height={before[at] ?? 0} />,
            <tr key={key} class={name} aria-rowindex={index + 2} data-index={index}>
              {cells}
            </tr>,
          ];
        })}
        <Space height={before.at(-1) ?? 0} />
      </tbody>
    </table>
  );
  const className = `virtual ${scrolls} ${props.class ?? ""}`;
  if (scrolls === "page") {
    return (
      <div class={className} ref={box}>
        {table}
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard
    <section class={className} ref={box} tabIndex={0} aria-label={label}>
      {table}
    </section>
  );
}

/** The place of rows that are not drawn. */
function Space({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row does not take the focus
    <tr class="space" aria-hidden="true">
      <td style={{ height: `${height}px` }} />
    </tr>
  );
}

/** The rows that are drawn: those that are seen, the one of their group, and the one with the focus. */
function indexesOf(
  { first, end, offset }: Drawn,
  count: number,
  groupOf: VirtualProps["groupOf"],
  focused: number | undefined,
): number[] {
  const indexes = new Set<number>();
  for (let index = first; index < Math.min(end, count); index++) indexes.add(index);
  const group = first < count ? groupOf?.(first) : undefined;
  if (group !== undefined) indexes.add(group);
  // Where not all rows have a place there is none for it.
  if (focused !== undefined && focused < count && offset === 0) indexes.add(focused);
  return [...indexes].sort((a, b) => a - b);
}

/** Follows what is scrolled. */
function useScroll(props: VirtualProps) {
  const { count, scrolls, above = 0, goTo, onRows } = props;
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const scroll = useRef<Scroll>({ at: 0, top: 0 });
  const extent = useRef<Extent>({ count, rowHeight: ROW_HEIGHT, view: 0 });
  const wasAbove = useRef(above);
  const focused = useSignal<number | undefined>(undefined);
  const drawn = useSignal<Drawn>({
    ...rowsAt(0, extent.current),
    extent: extent.current,
    offset: 0,
  });

  const draw = () => {
    const { at, top } = scroll.current;
    const next = { ...rowsAt(top, extent.current), extent: extent.current, offset: top - at };
    if (!isSame(next, drawn.peek())) drawn.value = next;
  };
  const place = (top: number) => {
    const before = scroll.current.at;
    scroll.current = settled(top, extent.current);
    if (scrolls === "box") box.current?.scrollTo({ top: scroll.current.at });
    else scrollBy(0, scroll.current.at - before);
    draw();
  };
  const look = () => {
    if (!box.current || !body.current) return;
    extent.current = measured(box.current, body.current, count, scrolls);
    const at = scrolls === "box" ? box.current.scrollTop : -topOf(body.current);
    scroll.current = scrolled(scroll.current, Math.max(at, 0), extent.current);
    if (scrolls === "box" && isStuck(scroll.current, extent.current)) place(scroll.current.top);
    draw();
  };
  const latest = useRef(look);
  latest.current = look;

  useLayoutEffect(() => {
    look();
    const added = above - wasAbove.current;
    wasAbove.current = above;
    const { top } = scroll.current;
    if (added <= 0) return;
    if (focused.peek() !== undefined) focused.value = (focused.peek() ?? 0) + added;
    if (top > 0) place(top + added * extent.current.rowHeight);
  });
  const wanted = goTo?.value;
  useLayoutEffect(() => {
    if (wanted === undefined || !goTo) return;
    goTo.value = undefined;
    place(wanted * extent.current.rowHeight);
  }, [wanted]);

  useEffect(() => {
    const scroller = scrolls === "box" ? box.current : window;
    if (!scroller || !box.current) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onScroll = () => {
      latest.current();
      clearTimeout(timer);
      if (drawn.peek().offset !== 0) timer = setTimeout(() => place(scroll.current.top), SETTLE);
    };
    const observer = new ResizeObserver(() => latest.current());
    observer.observe(box.current);
    scroller.addEventListener("scroll", onScroll, { passive: true });
    addEventListener("resize", onScroll);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      scroller.removeEventListener("scroll", onScroll);
      removeEventListener("resize", onScroll);
    };
  }, [scrolls]);

  const { first, end } = drawn.value;
  useEffect(() => onRows?.({ first, end: Math.min(end, count) }), [first, end, count, onRows]);

  const onFocus = (event: FocusEvent) => {
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    focused.value = row?.dataset.index === undefined ? undefined : Number(row.dataset.index);
  };
  const onBlur = () => {
    focused.value = undefined;
  };
  return { box, body, drawn: drawn.value, focused: focused.value, onFocus, onBlur };
}

function isSame(a: Drawn, b: Drawn): boolean {
  return (
    a.first === b.first &&
    a.end === b.end &&
    a.offset === b.offset &&
    a.extent.rowHeight === b.extent.rowHeight &&
    a.extent.view === b.extent.view
  );
}

/** Where something is, below the top of the window. */
function topOf(element: Element): number {
  return element.getBoundingClientRect().top;
}

function measured(
  box: Element,
  body: Element,
  count: number,
  scrolls: VirtualProps["scrolls"],
): Extent {
  const row = body.querySelector("tr[data-index]");
  const rowHeight = row?.getBoundingClientRect().height || ROW_HEIGHT;
  const head = body.previousElementSibling?.getBoundingClientRect().height ?? 0;
  const view = scrolls === "box" ? box.clientHeight - head : innerHeight;
  return { count, rowHeight, view: Math.max(view, 0) };
}
