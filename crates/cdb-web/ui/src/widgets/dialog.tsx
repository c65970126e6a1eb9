// What lies above the page. The browser keeps the focus in it, closes it with Escape, and gives the focus back.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function Dialog(props: {
  label: string;
  className?: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Closed rather than dropped: only then the focus goes back.
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, too
    <dialog
      ref={dialog}
      class={`dialog ${props.className ?? ""}`}
      aria-label={props.label}
      onClose={props.onClose}
      onClick={(event) => {
        // A click beside it is one on the dialog itself: what it holds fills it.
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      {props.children}
    </dialog>
  );
}
