import type { Signal } from "@preact/signals";
import type { Datapoint } from "../api/objects.ts";
import { link } from "../data/look.ts";
import { text } from "../text/en.ts";
import { Menu } from "../widgets/menu.tsx";
import type { About, View } from "./view.ts";

/** What else can be done with a view, behind "…". */
export function More(props: {
  view: View;
  about: About;
  points: Datapoint[] | undefined;
  isAlone: boolean;
  areNumbers: Signal<boolean>;
  isEditing: Signal<boolean>;
  /** Its script, if that was changed. */
  changed: string | undefined;
  isBusy: boolean;
  onDownload: () => void;
}) {
  const { view, about, points, isAlone, areNumbers, isEditing, changed, isBusy, onDownload } =
    props;
  return (
    <Menu label={text.views.more(view.title(about))}>
      <button
        type="button"
        onClick={() => {
          isEditing.value = true;
        }}
      >
        {text.views.editScript}
      </button>
      <button
        type="button"
        onClick={() => {
          areNumbers.value = !areNumbers.value;
        }}
      >
        {areNumbers.value ? text.views.picture : text.views.numbers}
      </button>
      {points && points.length > 0 && (
        <button type="button" disabled={isBusy} onClick={onDownload}>
          {text.download.as("CSV")}
        </button>
      )}
      <a href={boardsFor(view, about, changed)}>{text.stream.pin}</a>
      <a href={link(about.path, { view: isAlone ? "" : view.id })}>
        {isAlone ? text.views.all : text.views.alone}
      </a>
    </Menu>
  );
}

/** Where a view is saved to a board, as it is seen. */
function boardsFor(view: View, about: About, changed: string | undefined): string {
  const said = new URLSearchParams({ pin: about.path, view: view.id, title: view.title(about) });
  if (changed) said.set("script", changed);
  if (about.transform) said.set("transform", about.transform);
  return `/app/boards?${said}`;
}
