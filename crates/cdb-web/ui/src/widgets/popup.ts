// What opens below a button and closes by itself: a menu, a choice of times.

import type { RefObject } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";

export interface Popup {
  ref: RefObject<HTMLDetailsElement | null>;
  close: () => void;
  /** Closes it at Esc. The focus goes back to what has opened it. */
  onKeyDown: (event: KeyboardEvent) => void;
}

/** For `<details>` which a click or a focus elsewhere closes. */
export function usePopup(): Popup {
  const ref = useRef<HTMLDetailsElement | null>(null);
  const close = useCallback(() => {
    if (ref.current) ref.current.open = false;
  }, []);
  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) close();
    };
    addEventListener("pointerdown", outside);
    addEventListener("focusin", outside);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("focusin", outside);
    };
  }, [close]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !ref.current?.open) return;
    close();
    ref.current.querySelector("summary")?.focus();
  };
  return { ref, close, onKeyDown };
}
