// All boards, and a new one. With streams in the address, they are saved to one of them.

import { useSignal } from "@preact/signals";
import { boards, createBoard, saveBoard } from "../../api/boards.ts";
import type { Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import { isPath } from "../../data/dataset-address.ts";
import { ownStreams } from "../../data/dataset-streams.ts";
import { usePolled } from "../../data/polled.ts";
import { go, search } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Field } from "../../widgets/form.tsx";
import { Head } from "../../widgets/head.tsx";
import type { Board, BoardView } from "./board.ts";
import { nameOf, pinnedView, viewOf } from "./names.ts";
import "../../style/boards.css";

const INTERVAL = 60_000;

const words = text.boards;

export function BoardsPage({ session: { user } }: { session: Session }) {
  const said = new URLSearchParams(search.value);
  const pins = said.getAll("pin").filter(isPath);
  const load = () => Promise.all([boards(user), pins.length > 0 ? ownStreams(user) : []]);
  const { polled } = usePolled(load, INTERVAL, `${user} ${pins.join(" ")}`);
  const { value, error } = polled.value;
  const [all, streams = []] = value ?? [];
  const names = pins.map((path) => nameOf(path, streams)).join(", ");
  const added = pins.map((path) => pinnedView(said, path) ?? viewOf(path, streams));
  return (
    <>
      <Head title={words.title} below={words.hint} />
      <Failure error={error} />
      {all && pins.length > 0 && <p>{words.pin(pinTitle(said, names))}</p>}
      {all && all.length > 0 && (
        <ul class="boards">
          {all.map((board) => (
            <li key={board.name}>
              {pins.length > 0 ? (
                <PinTo user={user} board={board} added={added} />
              ) : (
                <a class="card" href={`/app/boards/${board.name}`}>
                  <About board={board} title={board.title} />
                </a>
              )}
            </li>
          ))}
        </ul>
      )}
      {all && <NewBoard user={user} isFirst={all.length === 0} added={added} />}
    </>
  );
}

function About({ board: { views }, title }: { board: Board; title: string }) {
  return (
    <>
      <strong>{title}</strong>
      <span class="hint">{words.views(count(views.length), views.length === 1)}</span>
    </>
  );
}

/** What is saved: a stream, or a view of it. */
function pinTitle(said: URLSearchParams, names: string): string {
  const title = said.get("title");
  return title ? words.viewOf(title, names) : names;
}

/** Adds views to a board. */
function PinTo({ user, board, added }: { user: string; board: Board; added: BoardView[] }) {
  const { isBusy, error, run } = useAction();
  const pin = () =>
    run(async () => {
      await saveBoard(user, { ...board, views: [...board.views, ...added] });
      go(`/app/boards/${board.name}`);
    });
  return (
    <>
      <button type="button" class="card" disabled={isBusy.value} onClick={() => void pin()}>
        <About board={board} title={words.pinTo(board.title)} />
      </button>
      <Failure error={error.value} />
    </>
  );
}

function NewBoard(props: { user: string; isFirst: boolean; added: BoardView[] }) {
  const { user, isFirst, added } = props;
  const title = useSignal("");
  const { isBusy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const { name } = await createBoard(user, {
        title: title.value.trim(),
        views: added,
        range: "",
      });
      go(`/app/boards/${name}`);
    });
  };
  return (
    <form class="card" onSubmit={submit}>
      {isFirst && added.length === 0 && <p>{words.empty}</p>}
      <Field label={words.newTitle} text={title} isRequired pattern=".*\S.*" />
      <button type="submit" class="primary" disabled={isBusy.value}>
        {isBusy.value ? text.create.creating : words.create}
      </button>
      <Failure error={error.value} />
    </form>
  );
}
