import type { ComponentChildren } from "preact";
import { text } from "../text/en.ts";
import { count, oneLine } from "../text/format.ts";
import type { PictureProps, View } from "./view.ts";

/** What is deeper is closed at first. */
const OPEN_DEPTH = 2;

/** More entries of an object or an array are not shown. */
const MAX_ENTRIES = 200;
const MAX_CHARS = 2000;

/** The last value, of which each part can be opened and closed. */
function Tree({ points }: PictureProps) {
  return (
    <div class="tree">
      <Value d={points.at(-1)?.d} depth={0} />
    </div>
  );
}

function Value(props: { name?: string; d: unknown; depth: number }): ComponentChildren {
  const { name, d, depth } = props;
  const label = name !== undefined && <span class="name">{name}: </span>;
  if (typeof d !== "object" || d === null) {
    return (
      <p>
        {label}
        <span class={typeof d === "string" ? "string" : "number-text"}>
          {oneLine(d, MAX_CHARS)}
        </span>
      </p>
    );
  }
  const entries = Object.entries(d);
  const size = Array.isArray(d) ? text.views.items : text.views.entries;
  return (
    <details open={depth < OPEN_DEPTH}>
      <summary>
        {label}
        <span class="hint">{size(count(entries.length), entries.length === 1)}</span>
      </summary>
      {entries.slice(0, MAX_ENTRIES).map(([key, it]) => (
        <Value key={key} name={key} d={it} depth={depth + 1} />
      ))}
    </details>
  );
}

export const tree: View = {
  id: "tree",
  title: () => text.views.tree,
  when: ({ known }) => {
    const { object, array } = known.keys[""] ?? {};
    return object !== undefined || array !== undefined;
  },
  script: () => "if last",
  size: "half",
  Picture: Tree,
};
