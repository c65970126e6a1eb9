import { SPANS } from "../data/range.ts";
import type { Range } from "../data/tiles.ts";
import { ownZone } from "../data/wall.ts";
import { go, path as page, search } from "../route.ts";
import { text } from "../text/en.ts";
import { RangePicker } from "../widgets/range-picker.tsx";
import { type Look, lookOf, searchOf } from "./window.ts";
import { rangeWords } from "./words.ts";

/** As many days are offered where nothing says what is seen. */
const MONTH = 30 * 86_400;

/**
 * The lengths of time in which the page is looked at, up to the end of what there is, and any two times. What else
 * is in the address stays.
 */
export function Ranges(props: {
  /** How the page is looked at, if the address does not say it alone. */
  look?: Look;
  /** The times of the first and the last datapoint. */
  extent?: [number, number] | undefined;
  /** Is told the query string of what was chosen. */
  onChoose?: (search: string) => void;
}) {
  const { look = lookOf(search.value), extent, onChoose } = props;
  const to = (look: Look) => searchOf(look, search.value);
  return (
    <div class="ranges">
      <nav class="segments" aria-label={text.stream.range}>
        {SPANS.map(({ id, seconds }) => (
          <a
            key={id}
            href={page.value + to({ kind: "live", seconds })}
            aria-current={(look.kind === "live" && look.seconds === seconds) || undefined}
            onClick={() => onChoose?.(to({ kind: "live", seconds }))}
          >
            {text.stream.ranges[id]}
          </a>
        ))}
      </nav>
      <RangePicker
        name={nameOf(look)}
        range={rangeOf(look, extent)}
        zone={ownZone()}
        onChoose={(range) => {
          const chosen = to({ kind: "fixed", range });
          onChoose?.(chosen);
          go(page.value + chosen);
        }}
      />
    </div>
  );
}

/** What the button says: a range that stays, with no more of the time of day than it needs. */
function nameOf(look: Look): string {
  if (look.kind === "live") return text.range.dates;
  const { t1, t2 } = look.range;
  return rangeWords(look.range, (t2 - t1) / 100, ownZone());
}

function rangeOf(look: Look, extent: [number, number] | undefined): Range {
  if (look.kind === "fixed") return look.range;
  const now = Date.now() / 1000;
  const end = extent?.[1] ?? now;
  return { t1: look.seconds ? end - look.seconds : (extent?.[0] ?? now - MONTH), t2: end };
}
