// A list of streams to choose one from, by name, nickname or path. It is a combobox whose list is open: the
// field keeps the focus, and the arrow keys move through the list.

import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { isPath } from "../data/dataset-address.ts";
import { findStreams, type OwnStream } from "../data/dataset-streams.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Icon } from "./icons.tsx";

/** More are not listed: they are found by typing. */
const MAX_LISTED = 50;

interface Option {
  path: string;
  name: string;
  device: string;
}

/** The streams with some words in their names; a path that is typed is one, too, whosever it is. */
function options(streams: OwnStream[], words: string): Option[] {
  const found = findStreams(streams, words).map(({ path, stream, device }) => {
    return { path, name: stream.nickname || stream.name, device };
  });
  const typed = words.trim();
  const isOther = isPath(typed) && found.every(({ path }) => path !== typed);
  return isOther ? [{ path: typed, name: typed, device: "" }, ...found] : found;
}

export function StreamPicker(props: {
  streams: OwnStream[];
  label: string;
  onChoose: (path: string) => void;
  onCancel: () => void;
}) {
  const { streams, label, onChoose, onCancel } = props;
  const id = useId();
  const words = useSignal("");
  const active = useSignal(0);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  // At once: the next key is already for the list.
  useLayoutEffect(() => field.current?.focus(), []);
  const all = options(streams, words.value);
  const listed = all.slice(0, MAX_LISTED);
  const activeAt = Math.min(active.value, listed.length - 1);

  const move = (to: number) => {
    active.value = (to + listed.length) % Math.max(listed.length, 1);
    list.current?.children[active.value]?.scrollIntoView({ block: "nearest" });
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(activeAt + 1),
    ArrowUp: () => move(activeAt - 1),
    PageDown: () => move(Math.min(activeAt + 10, listed.length - 1)),
    PageUp: () => move(Math.max(activeAt - 10, 0)),
    Enter: () => {
      const chosen = listed[activeAt];
      if (chosen) onChoose(chosen.path);
    },
    Escape: onCancel,
  };
  return (
    <div class="picker">
      <div class="find">
        <Icon name="search" />
        <input
          ref={field}
          role="combobox"
          aria-label={label}
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={listed.length > 0 ? `${id}-${activeAt}` : undefined}
          autocomplete="off"
          placeholder={text.picker.find}
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
            active.value = 0;
          }}
          onKeyDown={(event) => {
            const act = keys[event.key];
            if (!act || event.isComposing) return;
            event.preventDefault();
            act();
          }}
        />
      </div>
      <div ref={list} class="list" role="listbox" id={`${id}-list`} aria-label={label}>
        {listed.map(({ path, name, device }, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
          <div
            key={path}
            id={`${id}-${at}`}
            role="option"
            tabIndex={-1}
            aria-selected={at === activeAt}
            onClick={() => onChoose(path)}
          >
            <span class="name">{name}</span>
            <span class="hint">
              {device && `${device} · `}
              {path}
            </span>
          </div>
        ))}
      </div>
      {all.length > MAX_LISTED && (
        <p class="hint">{text.picker.more(count(all.length - MAX_LISTED))}</p>
      )}
      <p class="hint" role="status">
        {all.length === 0 && text.picker.none(words.value)}
      </p>
    </div>
  );
}
