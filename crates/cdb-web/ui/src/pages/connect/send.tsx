import { useId } from "preact/hooks";
import { go } from "../../route.ts";
import { text } from "../../text/en.ts";
import { CopyButton } from "./copy.tsx";
import { type FirstPoint, LANGUAGES } from "./lines.ts";

/** Lines that write a first datapoint, in several languages. Which one is shown is in the address. */
export function Send({ point, chosen }: { point: FirstPoint; chosen: string }) {
  const id = useId();
  const language = LANGUAGES.find((it) => it.id === chosen) ?? LANGUAGES[0];
  if (!language) return null;
  const lines = language.lines(point).join("\n");
  const select = (to: string) => {
    const options = new URLSearchParams(location.search);
    options.set("with", to);
    go(`${location.pathname}?${options}`);
    document.getElementById(`${id}-${to}`)?.focus();
  };
  return (
    <>
      <div class="language-tabs" role="tablist" aria-label={text.connect.languages}>
        {LANGUAGES.map((it, at) => (
          <button
            key={it.id}
            id={`${id}-${it.id}`}
            type="button"
            role="tab"
            aria-selected={it === language}
            aria-controls={`${id}-lines`}
            tabIndex={it === language ? 0 : -1}
            onClick={() => select(it.id)}
            onKeyDown={({ key }) => {
              const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
              if (step === undefined) return;
              const next = LANGUAGES[(at + step + LANGUAGES.length) % LANGUAGES.length];
              if (next) select(next.id);
            }}
          >
            {it.name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-lines`} aria-labelledby={`${id}-${language.id}`}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
        <pre tabIndex={0}>
          <Coloured lines={lines} />
        </pre>
      </div>
      <p class="actions">
        <CopyButton words={lines} label={text.connect.copy} />
        <span class="hint">{text.connect.history}</span>
      </p>
    </>
  );
}

/** Lines with what is given in another colour: texts, addresses and numbers. */
function Coloured({ lines }: { lines: string }) {
  const parts = lines.split(/('[^']*'|"[^"]*"|https?:\/\/\S+)/);
  return parts.map((part, i) =>
    i % 2 === 1 ? (
      <span key={i} class="code-text">
        {part}
      </span>
    ) : (
      part
    ),
  );
}
