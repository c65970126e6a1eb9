import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Numbers } from "../../views/numbers-table.tsx";
import { useQuery } from "../../views/query.ts";
import { useSeen } from "../../views/seen.ts";
import type { About } from "../../views/view.ts";
import { Failure } from "../../widgets/failure.tsx";

/** More are downloaded rather than read. */
const MAX = 50_000;

/** What the script of the page gives, as a table. */
export function Results({ about }: { about: About }) {
  const { ref, isSeen } = useSeen<HTMLElement>();
  const isShort = about.known.count <= MAX;
  const { path, transform, bounds, version } = about;
  const answer = useQuery(path, transform, bounds, version, isSeen.value && isShort);
  const { points, error } = answer.value;
  return (
    <section class="panel" ref={ref}>
      <div class="panel-head">
        <h2>
          {text.points.results} <span class="hint">{text.points.newestFirst}</span>
        </h2>
      </div>
      <Failure error={error} />
      {!isShort && <p class="hint in-panel">{text.points.tooMany(count(about.known.count))}</p>}
      {points?.length === 0 && <p class="hint in-panel">{text.views.nothing}</p>}
      {points && points.length > 0 && <Numbers points={points} />}
    </section>
  );
}
