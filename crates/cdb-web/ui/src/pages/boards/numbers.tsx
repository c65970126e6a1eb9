// The newest values of some streams, large and live.

import { latest } from "../../api/objects.ts";
import type { OwnStream } from "../../data/dataset-streams.ts";
import { useLive } from "../../data/live.ts";
import { usePolled } from "../../data/polled.ts";
import { text } from "../../text/en.ts";
import { value } from "../../text/format.ts";
import { Age } from "../../widgets/age.tsx";
import { Failure } from "../../widgets/failure.tsx";
import type { BoardView } from "./board.ts";
import { nameOf } from "./names.ts";

const INTERVAL = 5000;

export function NumbersView({ view, streams }: { view: BoardView; streams: OwnStream[] }) {
  const paths = view.streams;
  const ask = async () => (paths.length > 0 ? await latest(paths) : []);
  const { polled, refresh } = usePolled(ask, INTERVAL, paths.join(" "));
  useLive(paths, refresh);
  const { value: all, error, now } = polled.value;
  return (
    <section class="board-view numbers" aria-label={view.title}>
      <h2>{view.title}</h2>
      <Failure error={error} />
      {paths.length === 0 && <p class="hint">{text.boards.noStreams}</p>}
      <dl>
        {paths.map((path) => {
          const last = all?.find(({ stream }) => stream === path)?.last;
          return (
            <div key={path}>
              <dt>
                <a href={`/${path}`}>{nameOf(path, streams)}</a>
              </dt>
              <dd class={typeof last?.d === "string" ? "words" : ""}>
                {last ? value(last.d) : all && text.devices.none}
              </dd>
              <dd class="hint">{last && <Age t={last.t} now={now} />}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
