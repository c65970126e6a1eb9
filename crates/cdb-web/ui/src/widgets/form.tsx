// Fields of forms, each with its label.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** What a name may be, as the server has it. */
export const NAME = "[a-zA-Z][a-zA-Z0-9_\\-]{0,28}";

export function Field(props: {
  label: string;
  text: Signal<string>;
  hint?: string;
  isRequired?: boolean;
  pattern?: string;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        autocomplete="off"
        required={props.isRequired ?? false}
        {...(props.pattern ? { pattern: props.pattern } : {})}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        value={props.text.value}
        onInput={(event) => {
          props.text.value = event.currentTarget.value;
        }}
      />
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function Select(props: {
  label: string;
  chosen: Signal<string>;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.chosen.value}
        onChange={(event) => {
          props.chosen.value = event.currentTarget.value;
        }}
      >
        {props.children}
      </select>
    </div>
  );
}

export function Check({ label, checked }: { label: string; checked: Signal<boolean> }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked.value}
        onChange={(event) => {
          checked.value = event.currentTarget.checked;
        }}
      />
      {label}
    </label>
  );
}
