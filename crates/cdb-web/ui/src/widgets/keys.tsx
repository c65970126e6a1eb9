// The keys of all pages, which `?` lists.

import { text } from "../text/en.ts";
import { Dialog } from "./dialog.tsx";

/** Whether a key is written into something, or is a command of the browser. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  // The keys of buttons and boxes to check are others.
  const isField = target.matches(
    'input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, select',
  );
  return isField || target.isContentEditable || target.closest("dialog") !== null;
}

export function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label={text.keys.title} onClose={onClose}>
      <h2>{text.keys.title}</h2>
      <dl class="keys">
        {text.keys.all.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="hint">{text.keys.off}</p>
      <form method="dialog">
        <button type="submit" autofocus>
          {text.keys.close}
        </button>
      </form>
    </Dialog>
  );
}
