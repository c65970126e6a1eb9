// The head of a page: its title, and what one does there first. On a phone both are in the bar on top.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { Icon } from "./icons.tsx";

export interface MainAction {
  name: string;
  to: string;
}

interface Bar {
  title: string;
  action: MainAction | undefined;
}

/** What the bar of a phone shows; `undefined` of a page that has no head. */
export const bar = signal<Bar | undefined>(undefined);

export function Head(props: {
  /** What only screen readers say before the title. */
  before?: string;
  title: string;
  /** The title in the bar of a phone, if it is another one. */
  short?: string;
  icon?: ComponentChildren;
  /** A line above, such as where one is. */
  above?: ComponentChildren;
  /** A line below. */
  below?: ComponentChildren;
  action?: MainAction | undefined;
  /** Other things to do. */
  children?: ComponentChildren;
}) {
  const { before, title, short = title, icon, above, below, action, children } = props;
  const { name, to } = action ?? {};
  useLayoutEffect(() => {
    bar.value = { title: short, action: name && to ? { name, to } : undefined };
  }, [short, name, to]);
  useLayoutEffect(
    () => () => {
      bar.value = undefined;
    },
    [],
  );
  return (
    <div class="head">
      <div>
        {above && <p class="hint crumbs">{above}</p>}
        <h1 class={short === title ? "in-bar" : ""}>
          {icon}
          {before && <span class="for-readers">{before}</span>}
          {title}
        </h1>
        {below && <p class="hint">{below}</p>}
      </div>
      {(action || children) && (
        <div class="actions">
          {children}
          {action && (
            <a class="button primary in-bar" href={action.to}>
              <Icon name="plus" />
              {action.name}
            </a>
          )}
        </div>
      )}
    </div>
  );
}
