import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Datapoint } from "../api/objects.ts";
import { save } from "../data/files.ts";
import { link } from "../data/look.ts";
import { text } from "../text/en.ts";
import { Icon } from "../widgets/icons.tsx";
import type { About, View } from "./view.ts";

/** What else can be done with a view, behind "…". */
export function More(props: {
  view: View;
  about: About;
  points: Datapoint[] | undefined;
  isAlone: boolean;
  areNumbers: Signal<boolean>;
  isEditing: Signal<boolean>;
  /** The script with that of the page. */
  whole: string;
  bounds: string;
}) {
  const { view, about, points, isAlone, areNumbers, isEditing, whole, bounds } = props;
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current) menu.current.open = false;
  };
  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) close();
    };
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("focusin", outside);
    };
  }, []);
  const download = async () => {
    const { path, t1, t2 } = about;
    const { file, fileName } = await import("../data/download.ts");
    const wanted = { path, transform: whole, bounds, format: "csv" } as const;
    const blob = await file(wanted, () => {}, new AbortController().signal);
    save(fileName(`${path}/${view.id}`, [t1, t2], "csv"), blob);
  };
  return (
    <details
      class="more-menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        close();
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary aria-label={text.views.more(view.title(about))}>
        <Icon name="more" />
      </summary>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a choice closes the menu */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys click as well */}
      <div class="menu" onClick={close}>
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
          <button type="button" onClick={() => void download()}>
            {text.download.as("CSV")}
          </button>
        )}
        <a href={link(about.path, { view: isAlone ? "" : view.id })}>
          {isAlone ? text.views.all : text.views.alone}
        </a>
      </div>
    </details>
  );
}
