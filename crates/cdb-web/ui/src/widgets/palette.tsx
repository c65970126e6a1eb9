// Ctrl K: finds any page, device or stream; and the keys that work everywhere.

import { computed, signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect } from "preact/hooks";
import type { Session } from "../api/session.ts";
import { catalog, needCatalog } from "../data/catalog.ts";
import { preferences } from "../data/preferences.ts";
import { type Entry, entriesOf, entry, searchEntries } from "../data/search.ts";
import { placesOf } from "../navigation.ts";
import { go } from "../route.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Dialog } from "./dialog.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { isTyping, Keys } from "./keys.tsx";

const MAX_SHOWN = 12;

const open = signal<"search" | "keys" | undefined>(undefined);

export function openPalette(): void {
  open.value = "search";
}

function close(): void {
  open.value = undefined;
}

/** Made anew only when there are other devices or streams, not with each letter. */
const objects = computed(() => (catalog.value ? entriesOf(catalog.value) : []));

const ICONS: Record<Entry["kind"], IconName> = { page: "right", device: "devices", stream: "line" };

/** The two dialogues that every page has. */
export function Palette({ session }: { session: Session }) {
  useLayoutEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (open.value === "keys") return <Keys onClose={close} />;
  if (open.value === "search") return <Search session={session} />;
  return null;
}

function onKey(event: KeyboardEvent): void {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) {
    event.preventDefault();
    open.value = open.value === "search" ? undefined : "search";
    return;
  }
  if (isTyping(event) || open.value || !preferences.value.hasShortcuts) return;
  if (event.key === "?") open.value = "keys";
  else if (event.key === "/") focusSearch(event);
}

/** The search of the page itself, if it has one, else that of everything. */
function focusSearch(event: KeyboardEvent): void {
  event.preventDefault();
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
  if (field) field.focus();
  else openPalette();
}

function Search({ session }: { session: Session }) {
  const id = useId();
  const typed = useSignal("");
  const chosen = useSignal(0);
  const found = useComputed(() => {
    const pages = placesOf(session).map(({ name, to }) =>
      entry("page", name, "", to(session.user)),
    );
    const others = [
      entry("page", text.connect.title, "", "/app/connect"),
      entry("page", text.create.stream, "", "/app/new/stream"),
    ];
    // They would leave no room for devices, before something was typed.
    const found = typed.value === "" ? pages : [...pages, ...others];
    return searchEntries([...found, ...objects.value], typed.value, MAX_SHOWN);
  });
  const { entries, count: all } = found.value;
  useEffect(needCatalog, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && entries.length > 0) {
      event.preventDefault();
      chosen.value = (chosen.value + step + entries.length) % entries.length;
    }
    const entry = entries[chosen.value];
    if (event.key === "Enter" && entry) {
      event.preventDefault();
      visit(entry);
    }
  };
  return (
    <Dialog label={text.palette.open} className="palette" onClose={close}>
      <div class="find">
        <Icon name="search" />
        <input
          autofocus
          role="combobox"
          aria-label={text.palette.open}
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={entries.length > 0 ? `${id}-${chosen.value}` : undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder={text.palette.hint}
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            chosen.value = 0;
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={`${id}-list`} role="listbox" aria-label={text.palette.found}>
        {entries.map((entry, at) => (
          <Option
            key={entry.to}
            id={`${id}-${at}`}
            entry={entry}
            isChosen={at === chosen.value}
            onPoint={() => {
              chosen.value = at;
            }}
          />
        ))}
      </div>
      <p class="hint" role="status">
        {all === 0
          ? text.palette.nothing(typed.value)
          : all > entries.length && text.palette.some(count(entries.length), count(all))}
      </p>
    </Dialog>
  );
}

function visit(entry: Entry): void {
  close();
  go(entry.to);
}

function Option(props: { id: string; entry: Entry; isChosen: boolean; onPoint: () => void }) {
  const { id, entry, isChosen, onPoint } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, which has the focus
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      onPointerMove={onPoint}
      onClick={() => visit(entry)}
    >
      <Icon name={ICONS[entry.kind]} />
      <span>{entry.name}</span>
      <span class="hint">{entry.path || text.palette.page}</span>
    </div>
  );
}
