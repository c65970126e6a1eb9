import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

/** A tab, and how it is called. */
export interface TabNames {
  id: string;
  name: string;
}

/** Tabs, which the arrow keys go through, and what the chosen one shows. */
export function Tabs(props: {
  label: string;
  tabs: readonly TabNames[];
  chosen: TabNames;
  onChoose: (id: string) => void;
  /** What stands beside the tabs. */
  beside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { label, tabs, chosen, onChoose, beside, children } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const next = (tabs.indexOf(chosen) + by + tabs.length) % tabs.length;
    onChoose(tabs[next]?.id ?? "");
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <>
      <div class="code-tabs">
        <div role="tablist" aria-label={label} ref={list}>
          {tabs.map((tab) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`${id}-${tab.id}`}
              aria-selected={tab === chosen}
              aria-controls={`${id}-panel`}
              tabIndex={tab === chosen ? 0 : -1}
              onClick={() => onChoose(tab.id)}
              onKeyDown={({ key }) => {
                if (key === "ArrowRight") move(1);
                if (key === "ArrowLeft") move(-1);
              }}
            >
              {tab.name}
            </button>
          ))}
        </div>
        {beside && <div class="beside">{beside}</div>}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen.id}`}>
        {children}
      </div>
    </>
  );
}
