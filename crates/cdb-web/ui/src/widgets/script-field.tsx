// A field for PipeScript: its words have colours, what is wrong is underlined, and names are completed.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { type Transform, transforms } from "../api/transforms.ts";
import { nameBefore, type ScriptError, tokens } from "../data/script.ts";
import { text } from "../text/en.ts";

/** How many names are suggested. */
const MAX_SUGGESTIONS = 6;

export interface ScriptFieldProps {
  label: string;
  placeholder?: string;
  script: Signal<string>;
  /** What is wrong with it. */
  error: ScriptError | undefined;
  /** The id of what says so in words. */
  describedBy?: string;
  onSubmit: () => void;
  onCancel?: () => void;
}

export function ScriptField(props: ScriptFieldProps) {
  const { label, placeholder, script, error, describedBy, onSubmit, onCancel } = props;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const { found, chosen, complete, look, close } = useSuggestions(script, field);
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, shiftKey, isComposing } = event;
    if (isComposing) return;
    const isOpen = found.length > 0;
    if (isOpen && (key === "ArrowDown" || key === "ArrowUp")) {
      const step = key === "ArrowDown" ? 1 : -1;
      // One below the last is none, so that Enter runs what was typed.
      const places = found.length + 1;
      chosen.value = ((chosen.value + 1 + step + places) % places) - 1;
    } else if (isOpen && key === "Tab" && !shiftKey) complete(found[Math.max(chosen.value, 0)]);
    else if (isOpen && key === "Enter" && chosen.value >= 0) complete(found[chosen.value]);
    else if (isOpen && key === "Escape") close();
    else if (key === "Enter" && !shiftKey) {
      close();
      onSubmit();
    } else if (key === "Escape" && onCancel) onCancel();
    else return;
    event.preventDefault();
  };
  return (
    <div class="script-field">
      <div class="script-text">
        <Highlighted script={script.value} error={error} />
        <textarea
          ref={field}
          rows={1}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          aria-label={label}
          placeholder={placeholder}
          aria-invalid={error !== undefined}
          aria-describedby={describedBy}
          aria-autocomplete="list"
          aria-controls={found.length > 0 ? id : undefined}
          aria-activedescendant={chosen.value >= 0 ? `${id}-${chosen.value}` : undefined}
          value={script.value}
          onInput={(event) => {
            script.value = event.currentTarget.value;
            look();
          }}
          onKeyDown={onKeyDown}
          onBlur={close}
        />
      </div>
      {found.length > 0 && (
        <div class="suggestions" role="listbox" id={id} aria-label={text.script.suggestions}>
          {found.map(({ name, description }, at) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
            // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
            <div
              key={name}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === chosen.value}
              // Before the field loses the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => complete(found[at])}
            >
              <code>{name}</code> <span class="hint">{description}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** A script in colours. */
export function Highlighted(props: { script: string; error?: ScriptError | undefined }) {
  const { script, error } = props;
  const wrong = error?.at;
  const isWrong = (at: number, length: number) =>
    wrong !== undefined && at <= wrong && wrong < at + length;
  return (
    <pre class="script" aria-hidden="true">
      {tokens(script).map(({ kind, text, at }) => (
        <span key={at} class={isWrong(at, text.length) ? `${kind} wrong` : kind}>
          {text}
        </span>
      ))}
      {wrong !== undefined && wrong >= script.length && <span class="wrong"> </span>}
      {/* A last line that is empty has its height. */}
      {"\n"}
    </pre>
  );
}

/** The names that may be meant by the one that is being typed. */
function useSuggestions(script: Signal<string>, field: { current: HTMLTextAreaElement | null }) {
  const all = useSignal<Transform[]>([]);
  const prefix = useSignal("");
  const chosen = useSignal(-1);
  useEffect(() => {
    let isOver = false;
    transforms().then(
      (known) => {
        if (!isOver) all.value = [...known.values()];
      },
      // Without suggestions it is still a field.
      () => {},
    );
    return () => {
      isOver = true;
    };
  }, [all]);
  const close = () => {
    prefix.value = "";
    chosen.value = -1;
  };
  const look = () => {
    const caret = field.current?.selectionEnd ?? 0;
    prefix.value = nameBefore(script.value, caret)?.text ?? "";
    chosen.value = -1;
  };
  const complete = (transform: Transform | undefined) => {
    const caret = field.current?.selectionEnd ?? 0;
    const name = nameBefore(script.value, caret);
    if (!transform || !name) return close();
    const needsArgument = transform.args?.some(({ optional }) => !optional) ?? false;
    const end = name.at + transform.name.length + (needsArgument ? 1 : 0);
    const written = transform.name + (needsArgument ? "(" : "");
    script.value = script.value.slice(0, name.at) + written + script.value.slice(caret);
    close();
    requestAnimationFrame(() => field.current?.setSelectionRange(end, end));
  };
  const words = prefix.value.toLowerCase();
  const matching = words
    ? all.value.filter(({ name }) => name.toLowerCase().startsWith(words))
    : [];
  // What is there already is not suggested.
  const isDone = matching.some(({ name }) => name === prefix.value);
  const found = isDone ? [] : matching.slice(0, MAX_SUGGESTIONS);
  return { found, chosen, complete, look, close };
}
