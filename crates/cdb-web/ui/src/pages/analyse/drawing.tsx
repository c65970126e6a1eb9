// A picture of the answer: two columns against each other, or all over time.

import { numberOf } from "../../data/correlation.ts";
import type { Result } from "../../data/dataset-result.ts";
import { search } from "../../route.ts";
import { text } from "../../text/en.ts";
import { Lines } from "./lines.tsx";
import { Scatter } from "./scatter.tsx";

const words = text.analyse;

export function Drawing(props: {
  result: Result;
  zone: string;
  onChoose: (changes: Record<string, string>) => void;
}) {
  const { result, zone, onChoose } = props;
  const { columns, kept } = result;
  const said = new URLSearchParams(search.value);
  const drawn = columns.filter(({ key }) => kept.some(({ d }) => numberOf(d[key]) !== undefined));
  const find = (key: string | null) => drawn.find((column) => column.key === key);
  const y = find(said.get("y")) ?? drawn[0];
  const x = find(said.get("x")) ?? drawn.find((column) => column !== y);
  const isScatter = said.get("view") !== "lines" && x !== undefined && y !== undefined;
  return (
    <section class="card picture" aria-label={words.view}>
      {x && (
        <fieldset class="segments">
          <legend class="for-readers">{words.view}</legend>
          {(["scatter", "lines"] as const).map((view) => (
            <button
              key={view}
              type="button"
              aria-pressed={isScatter === (view === "scatter")}
              onClick={() => onChoose({ view })}
            >
              {words[view]}
            </button>
          ))}
        </fieldset>
      )}
      {drawn.length === 0 && <p>{words.noNumbers}</p>}
      {isScatter && (
        <Scatter columns={drawn} all={columns} rows={kept} x={x} y={y} onChoose={onChoose} />
      )}
      {!isScatter && drawn.length > 0 && (
        <Lines columns={drawn} all={columns} rows={result.rows} zone={zone} />
      )}
    </section>
  );
}
