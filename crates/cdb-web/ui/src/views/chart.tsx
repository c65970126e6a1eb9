// What all pictures have: a name, a mark that pointer and keys move, and what is marked in words.

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

export interface ChartProps {
  /** What it shows, in words. */
  label: string;
  /** How many things can be marked. */
  count: number;
  marked: Signal<number | undefined>;
  /** What a thing is, in words. */
  words: (index: number) => string;
  /** How many things further the one below is. */
  below?: number;
  width: number;
  height: number;
  children: ComponentChildren;
}

/** The thing under the pointer, which has its index as `data-i`. */
function indexAt(target: EventTarget | null): number | undefined {
  const element = target instanceof Element ? target.closest("[data-i]") : null;
  const index = element?.getAttribute("data-i");
  return index === null || index === undefined ? undefined : Number(index);
}

export function Chart(props: ChartProps) {
  const { label, count, marked, words, below = 0, width, height, children } = props;
  const isByKey = useSignal(false);
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -below,
      ArrowDown: below,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    if (!step || count === 0) return;
    event.preventDefault();
    isByKey.value = true;
    const from = marked.value ?? (step > 0 ? -1 : count);
    marked.value = Math.min(Math.max(from + step, 0), count - 1);
  };
  const index = marked.value;
  return (
    <div class="chart">
      <p class="readout" aria-live={isByKey.value ? "polite" : "off"}>
        {index !== undefined && index < count && words(index)}
      </p>
      <figure
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its values are read with the arrow keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => {
          isByKey.value = false;
          marked.value = indexAt(event.target);
        }}
        onPointerLeave={() => {
          marked.value = undefined;
        }}
      >
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
          {children}
        </svg>
      </figure>
    </div>
  );
}
