import { SPANS } from "../data/range.ts";
import { search } from "../route.ts";
import { text } from "../text/en.ts";
import { lookOf, searchOf } from "./window.ts";

/** The lengths of time that a stream is looked at in, up to its end. What else is in the address stays. */
export function Ranges({ path }: { path: string }) {
  const look = lookOf(search.value);
  return (
    <nav class="segments" aria-label={text.stream.range}>
      {SPANS.map(({ id, seconds }) => (
        <a
          key={id}
          href={`/${path}${searchOf({ kind: "live", seconds }, search.value)}`}
          aria-current={(look.kind === "live" && look.seconds === seconds) || undefined}
        >
          {text.stream.ranges[id]}
        </a>
      ))}
    </nav>
  );
}
