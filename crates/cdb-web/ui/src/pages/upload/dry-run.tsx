import type { Result } from "../../data/csv-messages.ts";
import { shape } from "../../plot/shape.ts";
import { text } from "../../text/en.ts";
import { count, date } from "../../text/format.ts";

const WIDTH = 960;
const HEIGHT = 40;

/** What would be written, and what would not. */
export function DryRun({ result }: { result: Result }) {
  const { good, bad, there, first, last } = result;
  const range = first !== undefined && last !== undefined && good > 0;
  return (
    <>
      <dl class="counts">
        <div class="good">
          <dd>{count(good)}</dd>
          <dt>
            {range && !result.isNow
              ? text.upload.goodFrom(date(first), date(last))
              : text.upload.good}
          </dt>
        </div>
        <div class={bad > 0 ? "refused" : ""}>
          <dd>{count(bad)}</dd>
          <dt>{text.upload.refused}</dt>
        </div>
        <div>
          <dd>{count(there)}</dd>
          <dt>{text.upload.there}</dt>
        </div>
      </dl>
      <Picture result={result} />
      <Notes result={result} />
    </>
  );
}

/** All good points as a line, with marks where rows are refused. */
function Picture({ result: { plot, marks } }: { result: Result }) {
  const drawn = plot && plot.count > 1 ? shape(plot, WIDTH, HEIGHT) : undefined;
  if (!plot || !drawn) return null;
  const span = plot.t2 - plot.t1 || 1;
  return (
    <svg
      class="upload-line"
      viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {drawn.lines.map((line) => (
        <polyline key={line[0]?.[0]} points={line.map(([x, y]) => `${x},${y}`).join(" ")} />
      ))}
      {[...new Set(marks)].map((t) => {
        const x = ((t - plot.t1) / span) * WIDTH;
        return <line key={t} x1={x} x2={x} y1="-4" y2={HEIGHT + 4} />;
      })}
    </svg>
  );
}

/** What was assumed, one line each. */
function Notes({ result }: { result: Result }) {
  const { notes } = text.upload;
  const { order, isTold, isNow, empty, late } = result;
  const all = [
    isNow && notes.now,
    order === "descending" && !isNow && notes.descending,
    order === "none" && notes.unordered,
    isTold && notes.told,
    empty > 0 && notes.empty(count(empty), empty === 1),
    late > 0 && notes.late(count(late), late === 1),
  ].filter((note) => note !== false);
  return (
    <>
      {all.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
    </>
  );
}
