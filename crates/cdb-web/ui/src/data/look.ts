// How a stream is looked at, as it is in the address.

import { search } from "../route.ts";
import { SPANS } from "./range.ts";

/** A range of time: one that stays, or the newest of a stream. */
export type LookRange = { t1: number; t2: number } | { seconds: number | undefined };

export interface Look {
  range: LookRange;
  /** The script over its datapoints; empty for none. */
  transform: string;
  /** The view that is looked at alone. */
  view: string | undefined;
  /** Scripts of views that were changed, by view. */
  scripts: Record<string, string>;
}

const SCRIPT = "script.";

/** What a query string asks for. */
export function lookOf(search: string): Look {
  const parameters = new URLSearchParams(search);
  const scripts = [...parameters].filter(([name]) => name.startsWith(SCRIPT));
  return {
    range: rangeOf(parameters),
    transform: parameters.get("transform") ?? "",
    view: parameters.get("view") ?? undefined,
    scripts: Object.fromEntries(scripts.map(([name, it]) => [name.slice(SCRIPT.length), it])),
  };
}

/** Everything, if nothing is asked for that there is. */
function rangeOf(parameters: URLSearchParams): LookRange {
  const number = (name: string) => Number.parseFloat(parameters.get(name) ?? "");
  const [t1, t2, seconds] = [number("t1"), number("t2"), number("span")];
  if (t1 < t2 && Number.isFinite(t2 - t1)) return { t1, t2 };
  const span = SPANS.find(({ id }) => id === parameters.get("range"));
  return { seconds: span ? span.seconds : seconds > 0 ? seconds : undefined };
}

/** The parameters of a request for a range of a stream that ends at a time. */
export function boundsOf(range: LookRange, end: number | undefined): string {
  if ("t1" in range) {
    // An end of 0 would be that of the stream.
    return `&t1=${range.t1}&t2=${range.t2 === 0 ? Number.MIN_VALUE : range.t2}`;
  }
  const { seconds } = range;
  return seconds === undefined || end === undefined ? "" : `&t1=${end - seconds}&t2=${end}`;
}

/** The name of the parameter with the script of a view. */
export function scriptParameter(view: string): string {
  return SCRIPT + view;
}

/** The address of this page with other parameters; an empty one is left out. */
export function link(path: string, changes: Record<string, string>, from = search.value): string {
  const parameters = new URLSearchParams(from);
  for (const [name, to] of Object.entries(changes)) {
    if (to) parameters.set(name, to);
    else parameters.delete(name);
  }
  const query = parameters.toString();
  return `/${path}${query && `?${query}`}`;
}
