import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** How near something is to be seen to be asked for, in pixels. */
const NEAR = "300px";

/** How wide an element is, in whole pixels, and whether it was ever nearly seen. */
export function useSeen<T extends Element>(): {
  ref: RefObject<T | null>;
  width: Signal<number>;
  isSeen: Signal<boolean>;
} {
  const ref = useRef<T | null>(null);
  const width = useSignal(0);
  const isSeen = useSignal(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const sizes = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    const places = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) isSeen.value = true;
      },
      { rootMargin: NEAR },
    );
    sizes.observe(element);
    places.observe(element);
    return () => {
      sizes.disconnect();
      places.disconnect();
    };
  }, [width, isSeen]);
  return { ref, width, isSeen };
}
