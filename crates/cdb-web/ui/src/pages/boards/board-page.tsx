// One board.

import { useSignal } from "@preact/signals";
import { boards, createBoard, removeBoard } from "../../api/boards.ts";
import type { Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import { type OwnStream, ownStreams } from "../../data/dataset-streams.ts";
import { usePolled } from "../../data/polled.ts";
import { go, search } from "../../route.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Head } from "../../widgets/head.tsx";
import { StreamPicker } from "../../widgets/stream-picker.tsx";
import { say } from "../../widgets/toast.tsx";
import type { Board, BoardView } from "./board.ts";
import { EditBoard } from "./edit.tsx";
import { viewOf } from "./names.ts";
import { Together } from "./together.tsx";
import { useBoard } from "./use-board.ts";
import "../../style/boards.css";

const words = text.boards;

export function BoardPage({ session, name }: { session: Session; name: string }) {
  const { user } = session;
  const load = () => Promise.all([boards(user), ownStreams(user)]);
  const { polled } = usePolled(load, Number.POSITIVE_INFINITY, name);
  const { value: loaded, error } = polled.value;
  const [all, streams] = loaded ?? [];
  const found = all?.find((board) => board.name === name);
  return (
    <>
      <Failure error={error} />
      {all && !found && <Missing />}
      {found && streams && <Shown key={name} user={user} board={found} streams={streams} />}
    </>
  );
}

function Missing() {
  return (
    <>
      <Head title={words.missing} />
      <p>
        <a href="/app/boards">{words.all}</a>
      </p>
    </>
  );
}

function Shown(props: { user: string; board: Board; streams: OwnStream[] }) {
  const { user, streams } = props;
  const { board, error, save } = useBoard(user, props.board);
  const isAdding = useSignal(false);
  const removing = useAction();
  const isEdited = new URLSearchParams(search.value).has("edit");

  const setViews = (views: BoardView[], undo?: string) => {
    const before = board.value.views;
    save({ views });
    if (undo) say(undo, async () => save({ views: before }));
  };
  const add = (path: string) => {
    isAdding.value = false;
    save({ views: [...board.value.views, viewOf(path, streams)] });
  };
  const remove = () =>
    removing.run(async () => {
      const { name, title, ...content } = board.value;
      await removeBoard(user, name);
      go("/app/boards");
      say(words.deleted(title), async () => {
        const again = await createBoard(user, { title, ...content });
        go(`/app/boards/${again.name}`);
      });
    });
  const { title, views, name } = board.value;
  return (
    <>
      <Head title={title} below={words.hintOne}>
        {(views.length > 0 || isEdited) && (
          <a class="button" href={`/app/boards/${name}${isEdited ? "" : "?edit"}`}>
            {isEdited ? words.done : words.edit}
          </a>
        )}
        <button
          type="button"
          class={views.length === 0 ? "primary" : ""}
          aria-expanded={isAdding.value}
          onClick={() => {
            isAdding.value = !isAdding.value;
          }}
        >
          {words.addView}
        </button>
      </Head>
      <Failure error={error.value ?? removing.error.value} />
      {isAdding.value && (
        <section class="card" aria-label={words.addView}>
          <StreamPicker
            streams={streams}
            label={words.chooseStream}
            onChoose={add}
            onCancel={() => {
              isAdding.value = false;
            }}
          />
        </section>
      )}
      {views.length === 0 && !isAdding.value && <p>{words.emptyBoard}</p>}
      {isEdited && (
        <EditBoard
          board={board.value}
          streams={streams}
          onRename={(title) => save({ title })}
          onViews={setViews}
          onDelete={() => void remove()}
        />
      )}
      <Together board={board.value} streams={streams} onRange={(range) => save({ range })} />
    </>
  );
}
