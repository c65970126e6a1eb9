import { type Signal, useSignal } from "@preact/signals";
import { text } from "../text/en.ts";
import type { Gesture } from "./gestures.ts";

const STORED = "plot-gestures";
const ALL: Gesture[] = ["pan", "zoom", "select"];

export interface Gestures {
  unused: Signal<Gesture[]>;
  use: (gesture: Gesture) => void;
}

function stored(): string {
  try {
    return localStorage.getItem(STORED) ?? "";
  } catch {
    // A browser may keep nothing.
    return "";
  }
}

/** Which gestures were not used yet in this browser. */
export function useGestures(): Gestures {
  const used = stored().split(" ");
  const unused = useSignal(ALL.filter((it) => !used.includes(it)));
  const use = (gesture: Gesture) => {
    if (!unused.value.includes(gesture)) return;
    unused.value = unused.value.filter((it) => it !== gesture);
    try {
      localStorage.setItem(STORED, ALL.filter((it) => !unused.value.includes(it)).join(" "));
    } catch {
      // It is told again next time.
    }
  };
  return { unused, use };
}

/** Says how a plot is moved, until each gesture was used once. */
export function Hint({ gestures }: { gestures: Gestures }) {
  const unused = gestures.unused.value;
  if (unused.length === 0) return null;
  const isTouch = matchMedia("(pointer: coarse)").matches;
  const words = isTouch ? text.plot.touches : text.plot.gestures;
  return <p class="plot-hint">{unused.map((it) => words[it]).join(" · ")}</p>;
}
