import type { ComponentChildren } from "preact";
import { Icon } from "./icons.tsx";
import { usePopup } from "./popup.ts";

/** What else can be done, behind "…". A choice closes it. */
export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const { ref, close, onKeyDown } = usePopup();
  return (
    <details class="more-menu" ref={ref} onKeyDown={onKeyDown}>
      <summary aria-label={label}>
        <Icon name="more" />
      </summary>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a choice closes the menu */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys click as well */}
      <div class="menu" onClick={close}>
        {children}
      </div>
    </details>
  );
}
