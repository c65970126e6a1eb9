// Fields of forms, each with its label.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { nameProblem } from "../data/names.ts";
import { text } from "../text/en.ts";

/** What a name may be, as the server has it. */
export const NAME = "[a-zA-Z][a-zA-Z0-9_\\-]{0,28}";

const TYPES = {
  text: { type: "text" },
  email: { type: "email" },
  password: { type: "password" },
} as const;

export function Field(props: {
  label: string;
  text: Signal<string>;
  hint?: string | undefined;
  /** Why what is typed cannot be taken; it is not sent before. */
  problem?: string | undefined;
  isRequired?: boolean;
  pattern?: string;
  type?: keyof typeof TYPES;
  autocomplete?: "off" | "current-password" | "new-password" | "username";
}) {
  const { label, hint, problem, pattern, autocomplete = "off" } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setCustomValidity(problem ?? ""), [problem]);
  const below = problem ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        {...TYPES[props.type ?? "text"]}
        autocomplete={autocomplete}
        autocapitalize="none"
        required={props.isRequired ?? false}
        {...(pattern ? { pattern } : {})}
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={below ? `${id}-hint` : undefined}
        value={props.text.value}
        onInput={(event) => {
          props.text.value = event.currentTarget.value;
        }}
      />
      {below && (
        <p class={problem ? "problem" : "hint"} id={`${id}-hint`}>
          {below}
        </p>
      )}
    </div>
  );
}

/** The name of something new, which says while it is typed why it would be refused. */
export function NameField({ name }: { name: Signal<string> }) {
  return (
    <Field
      label={text.create.name}
      hint={text.create.nameHint}
      problem={name.value === "" ? undefined : nameProblem(name.value)}
      text={name}
      isRequired
    />
  );
}

/** A field of several lines. */
export function Area(props: {
  label: string;
  text: Signal<string>;
  hint?: string;
  problem?: string | undefined;
  /** Whether it is for a machine. */
  isCode?: boolean;
}) {
  const { label, hint, problem, isCode } = props;
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.setCustomValidity(problem ?? ""), [problem]);
  const below = problem ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        ref={area}
        id={id}
        class={isCode ? "code" : ""}
        rows={isCode ? 4 : 2}
        spellcheck={!isCode}
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={below ? `${id}-hint` : undefined}
        value={props.text.value}
        onInput={(event) => {
          props.text.value = event.currentTarget.value;
        }}
      />
      {below && (
        <p class={problem ? "problem" : "hint"} id={`${id}-hint`}>
          {below}
        </p>
      )}
    </div>
  );
}

export function Select(props: {
  label: string;
  chosen: Signal<string>;
  hint?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        value={props.chosen.value}
        onChange={(event) => {
          props.chosen.value = event.currentTarget.value;
        }}
      >
        {props.children}
      </select>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
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
