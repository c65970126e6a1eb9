import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { Datapoint } from "../api/objects.ts";
import { quoted } from "../data/script.ts";
import { dateFormat, dayOf } from "../data/zone.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { areTexts, isDiary } from "./kinds.ts";
import { dayName } from "./numbers.ts";
import type { PictureProps, View } from "./view.ts";

/** How many are shown, and how many more each time. */
const PAGE = 12;

/** The pause in typing after which is searched, in milliseconds. */
const PAUSE = 300;

const clock = dateFormat({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The script that finds some words, large or small. */
export function searchFor(words: string): string {
  const escaped = words.trim().replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
  return escaped ? `if regex(${quoted(`(?i)${escaped}`)})` : "";
}

/** The words that a script finds; nothing for another script. */
export function wordsOf(script: string): string {
  const [, found = ""] = /^if regex\('\(\?i\)(.*)'\)$/s.exec(script) ?? [];
  return found.replace(/\\(.)/gs, "$1").replace(/\\([\\.+*?()|[\]{}^$])/g, "$1");
}

/** Texts by day, the newest first. */
function Texts({ script, points, onScript }: PictureProps) {
  const id = useId();
  const words = useSignal(wordsOf(script));
  const shown = useSignal(PAGE);
  const isTyped = useSignal(false);
  useEffect(() => {
    if (!isTyped.peek()) return;
    const timer = setTimeout(() => onScript(searchFor(words.value)), PAUSE);
    return () => clearTimeout(timer);
  }, [words.value]);
  const newest = points.slice(-shown.value).reverse();
  return (
    <div class="texts">
      <search class="find">
        <label class="for-readers" for={id}>
          {text.views.search}
        </label>
        <input
          id={id}
          type="search"
          placeholder={text.views.search}
          value={words.value}
          onInput={(event) => {
            isTyped.value = true;
            words.value = event.currentTarget.value;
          }}
        />
      </search>
      <p class="hint" role="status">
        {text.views.found(count(points.length), points.length === 1)}
      </p>
      {byDay(newest).map(([day, texts]) => (
        <section key={day}>
          <h3>{dayName(day, "full")}</h3>
          {texts.map(({ t, d }, i) => (
            <p key={`${t} ${i}`}>
              <time>{clock(t * 1000)}</time>
              <span>{typeof d === "string" ? d : JSON.stringify(d)}</span>
            </p>
          ))}
        </section>
      ))}
      {points.length > shown.value && (
        <button
          type="button"
          onClick={() => {
            shown.value += PAGE;
          }}
        >
          {text.views.older}
        </button>
      )}
    </div>
  );
}

function byDay(points: Datapoint[]): [number, Datapoint[]][] {
  const days = new Map<number, Datapoint[]>();
  for (const point of points) {
    const day = dayOf(point.t);
    const texts = days.get(day);
    if (texts) texts.push(point);
    else days.set(day, [point]);
  }
  return [...days];
}

export const texts: View = {
  id: "texts",
  title: () => text.views.texts,
  when: (about) => areTexts(about) || (isDiary(about) && about.known.count > 0),
  script: () => "",
  size: "full",
  hasEmpty: true,
  Picture: Texts,
};
