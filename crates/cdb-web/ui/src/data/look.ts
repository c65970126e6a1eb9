// How a stream is looked at, as it is in the address.

import { search } from "../route.ts";

export interface Look {
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
    transform: parameters.get("transform") ?? "",
    view: parameters.get("view") ?? undefined,
    scripts: Object.fromEntries(scripts.map(([name, it]) => [name.slice(SCRIPT.length), it])),
  };
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
