// Boards: views of streams that one looks at together. No DOM.

/**
 * Lines over time in one plot, bars of what was on or off, the newest values as large numbers, or a view of the page
 * of a stream.
 */
export type Kind = "plot" | "states" | "numbers" | "view";

const KINDS: Kind[] = ["plot", "states", "numbers", "view"];

/** What a view of the page of a stream is, as that page has it in its address. */
export interface Pinned {
  view: string;
  /** Its script, if that was changed. */
  script?: string;
  /** The script of the page, which is run before. */
  transform?: string;
}

export interface BoardView {
  kind: Kind;
  title: string;
  /** The paths of the streams; of a view of a page, that of its stream is the first. */
  streams: string[];
  /** The view of a page that it was when it was saved here, so that it can be that again. */
  pinned?: Pinned;
}

/** How a view can be shown. */
export function kindsOf({ pinned }: BoardView): Kind[] {
  return KINDS.filter((kind) => kind !== "view" || pinned);
}

export interface Board {
  /** The name that its address has. */
  name: string;
  title: string;
  views: BoardView[];
  /** The time that is shown, as an address has it; empty for that of boards of which nobody has chosen one. */
  range: string;
}

/** What the server keeps of a board beside its title. */
export type Content = Pick<Board, "views" | "range">;

/** More lines are not told apart in one plot. */
export const MAX_STREAMS = 12;

/** How long a name may be on a server. */
const MAX_NAME = 29;

/** Reads what a board is. What is not understood is left out. */
export function parseBoard(text: string): Content {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return { views: [], range: "" };
  }
  const { views, range } = (said ?? {}) as Record<string, unknown>;
  return {
    views: Array.isArray(views) ? views.flatMap(parseView) : [],
    range: typeof range === "string" ? range : "",
  };
}

function parseView(said: unknown): BoardView[] {
  const { kind, title, streams, pinned } = (said ?? {}) as Record<string, unknown>;
  if (!Array.isArray(streams)) return [];
  const paths = streams.filter((it): it is string => typeof it === "string");
  const view: BoardView = {
    kind: "plot",
    title: typeof title === "string" ? title : "",
    streams: [...new Set(paths)].slice(0, MAX_STREAMS),
    ...parsePinned(pinned),
  };
  return [{ ...view, kind: kindsOf(view).find((it) => it === kind) ?? "plot" }];
}

function parsePinned(said: unknown): Pick<BoardView, "pinned"> {
  const { view, script, transform } = (said ?? {}) as Record<string, unknown>;
  if (typeof view !== "string") return {};
  const pinned: Pinned = { view };
  if (typeof script === "string") pinned.script = script;
  if (typeof transform === "string") pinned.transform = transform;
  return { pinned };
}

export function writeBoard({ views, range }: Content): string {
  return JSON.stringify(range ? { views, range } : { views });
}

/** A name for a title that no other board has: letters, digits and lines, beginning with a letter. */
export function nameFor(title: string, taken: string[]): string {
  const plain = title.normalize("NFKD").replace(/[^a-zA-Z0-9]+/g, "-");
  const name = plain.replace(/^[^a-zA-Z]+|-+$/g, "").toLowerCase() || "board";
  const isTaken = (name: string) => taken.some((it) => it.toLowerCase() === name);
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? "" : `-${number}`;
    const candidate = name.slice(0, MAX_NAME - end.length).replace(/-+$/, "") + end;
    if (!isTaken(candidate)) return candidate;
  }
}

/** The colour of each stream, from 0, in the order in which a board has them. */
export function coloursOf(views: BoardView[]): Map<string, number> {
  const paths = new Set(views.flatMap(({ streams }) => streams));
  return new Map([...paths].map((path, at) => [path, at % MAX_STREAMS]));
}

/** Moves one of some things up or down. */
export function moved<T>(all: T[], from: number, by: number): T[] {
  const to = Math.min(Math.max(from + by, 0), all.length - 1);
  const rest = all.filter((_, at) => at !== from);
  return [...rest.slice(0, to), ...all.slice(from, from + 1), ...rest.slice(to)];
}
