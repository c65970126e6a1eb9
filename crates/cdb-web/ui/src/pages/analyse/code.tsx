// The question in the languages that programs ask it in.

import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { LANGUAGES, type Place, type Query } from "../../data/code.ts";
import { text } from "../../text/en.ts";

const words = text.analyse;

export function ShownCode(props: {
  query: Query;
  place: Place;
  /** The language that is shown. */
  shown: string;
  onChoose: (language: string) => void;
}) {
  const { query, place, onChoose } = props;
  const id = useId();
  const tabs = useRef<HTMLDivElement>(null);
  const at = Math.max(
    LANGUAGES.findIndex((it) => it.id === props.shown),
    0,
  );
  const code = LANGUAGES[at]?.write(query, place) ?? "";
  const move = (by: number) => {
    const next = (at + by + LANGUAGES.length) % LANGUAGES.length;
    onChoose(LANGUAGES[next]?.id ?? "");
    tabs.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <section class="card shown-code" aria-label={words.code}>
      <div class="code-tabs">
        <div role="tablist" aria-label={words.language} ref={tabs}>
          {LANGUAGES.map((language, index) => (
            <button
              key={language.id}
              type="button"
              role="tab"
              id={`${id}-${language.id}`}
              aria-selected={index === at}
              aria-controls={`${id}-code`}
              tabIndex={index === at ? 0 : -1}
              onClick={() => onChoose(language.id)}
              onKeyDown={({ key }) => {
                if (key === "ArrowRight") move(1);
                if (key === "ArrowLeft") move(-1);
              }}
            >
              {language.name}
            </button>
          ))}
        </div>
        <Copy code={code} />
      </div>
      <div role="tabpanel" id={`${id}-code`} aria-labelledby={`${id}-${LANGUAGES[at]?.id}`}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
        <pre tabIndex={0}>{code}</pre>
      </div>
      <p class="hint">{words.codeHint}</p>
    </section>
  );
}

/** Copies the code, where the browser allows it: only over HTTPS, and on the machine of the server. */
function Copy({ code }: { code: string }) {
  const copied = useSignal("");
  if (!navigator.clipboard) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    copied.value = code;
  };
  return (
    <button type="button" class="quiet copy" onClick={() => void copy()}>
      <span role="status">{copied.value === code ? words.copied : words.copy}</span>
    </button>
  );
}
