import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** How wide a figure is, in pixels: 0 until it is there. */
export function useWidth(): { figure: RefObject<HTMLElement | null>; width: number } {
  const figure = useRef<HTMLElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    if (!figure.current) return;
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    observer.observe(figure.current);
    return () => observer.disconnect();
  }, [width]);
  return { figure, width: width.value };
}
