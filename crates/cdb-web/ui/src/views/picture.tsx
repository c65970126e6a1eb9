// What the script of a view gives, as its picture or as numbers.

import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { piped } from "../data/script.ts";
import { text } from "../text/en.ts";
import { Numbers } from "./numbers-table.tsx";
import { type Answer, useQuery } from "./query.ts";
import { useSeen } from "./seen.ts";
import type { About, View } from "./view.ts";

export interface ViewAnswer {
  /** The script that the view has by itself. */
  own: string;
  /** The one that is run. */
  script: string;
  /** The same with that of the page before it. */
  whole: string;
  bounds: string;
  query: Signal<Answer>;
  /** Where it is drawn, and how wide that is. */
  ref: RefObject<HTMLDivElement | null>;
  width: Signal<number>;
}

/** Runs the script of a view, or the one that it was changed to, as soon as the view is nearly seen. */
export function useAnswer(view: View, about: About, changed: string | undefined): ViewAnswer {
  const { ref, width, isSeen } = useSeen<HTMLDivElement>();
  const own = view.script(about);
  const script = changed ?? own;
  const whole = piped(about.transform, script);
  const bounds = view.bounds?.(about) ?? about.bounds;
  const query = useQuery(about.path, whole, bounds, about.version, isSeen.value);
  return { own, script, whole, bounds, query, ref, width };
}

export function Picture(props: {
  view: View;
  about: About;
  answer: ViewAnswer;
  areNumbers: boolean;
  onScript: (script: string) => void;
}) {
  const { view, about, answer, areNumbers, onScript } = props;
  const { script, query, ref, width } = answer;
  const { points, error, isAsking } = query.value;
  const isEmpty = points?.length === 0 && !view.hasEmpty;
  return (
    <div ref={ref} class={isAsking ? "view-picture asking" : "view-picture"} aria-busy={isAsking}>
      {!points && !error && <div class="view-empty" />}
      {isEmpty && <p class="hint">{text.views.nothing}</p>}
      {points && !isEmpty && areNumbers && <Numbers points={points} />}
      {points && !isEmpty && !areNumbers && width.value > 0 && (
        <view.Picture
          about={about}
          script={script}
          points={points}
          width={width.value}
          onScript={onScript}
        />
      )}
    </div>
  );
}
