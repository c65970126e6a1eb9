import type { ComponentChildren } from "preact";
import { text } from "../../text/en.ts";
import { CheckIcon } from "./icons.tsx";

export type State = "done" | "current" | "next" | "later";

/** One of the steps: its number, or a check when it is done, and what is to be done. */
export function Step(props: {
  number: number;
  title: string;
  state: State;
  /** Opens a step that is done again. */
  onChange?: (() => void) | undefined;
  children?: ComponentChildren;
}) {
  const { number, title, state, onChange, children } = props;
  return (
    <li class={`step ${state}`} aria-current={state === "current" ? "step" : undefined}>
      <span class="step-mark">
        {state === "done" ? (
          <>
            <CheckIcon />
            <span class="for-readers">{text.connect.done}</span>
          </>
        ) : (
          number
        )}
      </span>
      <div class="step-body">
        <div class="step-head">
          <h2>{title}</h2>
          {onChange && (
            <button type="button" class="quiet" onClick={onChange}>
              {text.connect.change}
              <span class="for-readers"> {title}</span>
            </button>
          )}
        </div>
        {children}
      </div>
    </li>
  );
}
