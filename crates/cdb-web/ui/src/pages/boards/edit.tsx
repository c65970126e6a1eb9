// Changes a board: its title, its views and their order.

import { useSignal } from "@preact/signals";
import type { OwnStream } from "../../data/dataset-streams.ts";
import { text } from "../../text/en.ts";
import { Field } from "../../widgets/form.tsx";
import { StreamPicker } from "../../widgets/stream-picker.tsx";
import { type Board, type BoardView, kindsOf, MAX_STREAMS, moved } from "./board.ts";
import { nameOf } from "./names.ts";

const words = text.boards;

export function EditBoard(props: {
  board: Board;
  streams: OwnStream[];
  onRename: (title: string) => void;
  /** What was deleted is said, and can be taken back. */
  onViews: (views: BoardView[], deleted?: string) => void;
  onDelete: () => void;
}) {
  const { board, streams, onRename, onViews, onDelete } = props;
  const { views } = board;
  const title = useSignal(board.title);
  return (
    <section class="card edit-board" aria-label={words.edit}>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          onRename(title.value.trim());
        }}
      >
        <Field label={words.boardTitle} text={title} isRequired pattern=".*\S.*" />
        <button type="submit" disabled={title.value.trim() === board.title}>
          {words.rename}
        </button>
        <button type="button" class="bad" onClick={onDelete}>
          {words.delete}
        </button>
      </form>
      {views.map((view, at) => (
        <EditView
          key={`${at} ${view.title} ${view.streams[0]}`}
          view={view}
          streams={streams}
          isFirst={at === 0}
          isLast={at === views.length - 1}
          onChange={(changed) => onViews(views.map((it, i) => (i === at ? changed : it)))}
          onMove={(by) => onViews(moved(views, at, by))}
          onDelete={() =>
            onViews(
              views.filter((_, i) => i !== at),
              words.viewDeleted(view.title),
            )
          }
        />
      ))}
    </section>
  );
}

function EditView(props: {
  view: BoardView;
  streams: OwnStream[];
  isFirst: boolean;
  isLast: boolean;
  onChange: (view: BoardView) => void;
  onMove: (by: number) => void;
  onDelete: () => void;
}) {
  const { view, streams, isFirst, isLast, onChange, onMove, onDelete } = props;
  const title = useSignal(view.title);
  const isAdding = useSignal(false);
  const without = (path: string) => view.streams.filter((it) => it !== path);
  return (
    <fieldset>
      <legend class="for-readers">{view.title}</legend>
      <div class="row">
        <div class="field">
          <input
            aria-label={words.viewTitle(view.title)}
            value={title.value}
            onInput={(event) => {
              title.value = event.currentTarget.value;
            }}
            onChange={() => onChange({ ...view, title: title.value.trim() })}
          />
        </div>
        <select
          aria-label={words.kindOf(view.title)}
          value={view.kind}
          onChange={(event) => {
            onChange({ ...view, kind: event.currentTarget.value as BoardView["kind"] });
          }}
        >
          {kindsOf(view).map((kind) => (
            <option key={kind} value={kind}>
              {words.kinds[kind]}
            </option>
          ))}
        </select>
        <button
          type="button"
          disabled={isFirst}
          aria-label={words.up(view.title)}
          onClick={() => onMove(-1)}
        >
          ↑
        </button>
        <button
          type="button"
          disabled={isLast}
          aria-label={words.down(view.title)}
          onClick={() => onMove(1)}
        >
          ↓
        </button>
        <button type="button" aria-label={words.deleteView(view.title)} onClick={onDelete}>
          {words.delete}
        </button>
      </div>
      <p class="row">
        {view.streams.map((path) => (
          <span class="board-chip" key={path}>
            {nameOf(path, streams)}
            <button
              type="button"
              class="quiet"
              aria-label={words.takeOut(path)}
              onClick={() => onChange({ ...view, streams: without(path) })}
            >
              ×
            </button>
          </span>
        ))}
        <button
          type="button"
          class="quiet"
          aria-expanded={isAdding.value}
          disabled={view.streams.length >= MAX_STREAMS}
          aria-label={words.addTo(view.title)}
          onClick={() => {
            isAdding.value = !isAdding.value;
          }}
        >
          {words.addStream}
        </button>
        {view.streams.length >= MAX_STREAMS && <span class="hint">{words.full}</span>}
      </p>
      {isAdding.value && (
        <StreamPicker
          streams={streams.filter(({ path }) => !view.streams.includes(path))}
          label={words.addTo(view.title)}
          onChoose={(path) => {
            isAdding.value = false;
            onChange({ ...view, streams: [...without(path), path] });
          }}
          onCancel={() => {
            isAdding.value = false;
          }}
        />
      )}
    </fieldset>
  );
}
