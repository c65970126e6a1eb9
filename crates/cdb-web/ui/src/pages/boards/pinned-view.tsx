// A view of the page of a stream, in the range of the board.

import { useSignal } from "@preact/signals";
import type { OwnStream } from "../../data/dataset-streams.ts";
import { useLive } from "../../data/live.ts";
import type { LookRange } from "../../data/look.ts";
import { usePolled } from "../../data/polled.ts";
import { type Look, rangeUntilNow } from "../../plot/window.ts";
import { text } from "../../text/en.ts";
import { Picture, useAnswer } from "../../views/picture.tsx";
import { viewFor } from "../../views/registry.ts";
import type { About, View } from "../../views/view.ts";
import { Failure } from "../../widgets/failure.tsx";
import { aboutOf, ask, type Shown } from "../stream/data.ts";
import type { BoardView, Pinned } from "./board.ts";
import { nameOf } from "./names.ts";

const INTERVAL = 5000;

export interface PinnedViewProps {
  view: BoardView;
  pinned: Pinned;
  path: string;
  streams: OwnStream[];
  look: Look;
}

export function PinnedView({ view, pinned, path, streams, look }: PinnedViewProps) {
  const { polled, refresh } = usePolled(
    (before: Shown | undefined) => ask(path, rangeOf(look), pinned.transform ?? "", before),
    INTERVAL,
    JSON.stringify([path, look, pinned.transform]),
  );
  useLive([path], refresh);
  const { value: shown, error, now } = polled.value;
  const about = shown && aboutOf(path, shown, now);
  const found = about && viewFor(about, pinned.view);
  return (
    <section class="board-view pinned" aria-label={view.title}>
      <div class="board-legend">
        <h2>{view.title}</h2>
        <p>
          <a href={`/${path}`}>{nameOf(path, streams)}</a>
        </p>
        <Failure error={error} />
      </div>
      <div class="board-picture">
        {shown && !about && <p class="hint">{text.stream.nothingInRange}</p>}
        {about && !found && <p class="hint">{text.views.unfit}</p>}
        {about && found && <Drawn key={found.id} view={found} about={about} pinned={pinned} />}
      </div>
    </section>
  );
}

function Drawn({ view, about, pinned }: { view: View; about: About; pinned: Pinned }) {
  // What is searched for here is not saved.
  const script = useSignal(pinned.script);
  const answer = useAnswer(view, about, script.value);
  return (
    <>
      <Failure error={answer.query.value.error} />
      <Picture
        view={view}
        about={about}
        answer={answer}
        areNumbers={false}
        onScript={(to) => {
          script.value = to || pinned.script;
        }}
      />
    </>
  );
}

/** The newest is counted back from now, as the other views of a board have it, not from the end of the stream. */
function rangeOf(look: Look): LookRange {
  return rangeUntilNow(look) ?? { seconds: undefined };
}
