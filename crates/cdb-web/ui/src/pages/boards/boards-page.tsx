// All boards, and a new one.

import { useSignal } from "@preact/signals";
import { boards, createBoard } from "../../api/boards.ts";
import type { Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import { usePolled } from "../../data/polled.ts";
import { go } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Field } from "../../widgets/form.tsx";
import "../../style/boards.css";

const INTERVAL = 60_000;

const words = text.boards;

export function BoardsPage({ session }: { session: Session }) {
  const { polled } = usePolled(() => boards(session.user), INTERVAL, session.user);
  const { value: all, error } = polled.value;
  return (
    <>
      <div class="head">
        <div>
          <h1>{words.title}</h1>
          <p class="hint">{words.hint}</p>
        </div>
      </div>
      <Failure error={error} />
      {all && all.length > 0 && (
        <ul class="boards">
          {all.map(({ name, title, views }) => (
            <li key={name}>
              <a class="card" href={`/app/boards/${name}`}>
                <strong>{title}</strong>
                <span class="hint">{words.views(count(views.length), views.length === 1)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {all && <NewBoard user={session.user} isFirst={all.length === 0} />}
    </>
  );
}

function NewBoard({ user, isFirst }: { user: string; isFirst: boolean }) {
  const title = useSignal("");
  const { isBusy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      const { name } = await createBoard(user, { title: title.value.trim(), views: [] });
      go(`/app/boards/${name}`);
    });
  };
  return (
    <form class="card" onSubmit={submit}>
      {isFirst && <p>{words.empty}</p>}
      <Field label={words.newTitle} text={title} isRequired pattern=".*\S.*" />
      <button type="submit" class="primary" disabled={isBusy.value}>
        {isBusy.value ? text.create.creating : words.create}
      </button>
      <Failure error={error.value} />
    </form>
  );
}
