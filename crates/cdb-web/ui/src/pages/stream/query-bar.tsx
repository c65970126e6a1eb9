import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { errorOf, useChecked } from "../../data/checked.ts";
import { link } from "../../data/look.ts";
import { mended, type ScriptError } from "../../data/script.ts";
import { go } from "../../route.ts";
import { text } from "../../text/en.ts";
import { ScriptField } from "../../widgets/script-field.tsx";

/**
 * The script that is run over what is looked at: the last one of the address that the server has understood;
 * `undefined` until it has answered the first time.
 */
export function useTransform(path: string, asked: string): string | undefined {
  const worked = useSignal<string | undefined>(asked ? undefined : "");
  useEffect(() => {
    const abort = new AbortController();
    errorOf(path, asked, abort.signal).then(
      (error) => {
        if (!abort.signal.aborted) worked.value = error ? (worked.peek() ?? "") : asked;
      },
      () => {
        // It could not be asked: what is asked for next will say why.
        if (!abort.signal.aborted) worked.value ??= "";
      },
    );
    return () => abort.abort();
  }, [path, asked, worked]);
  return worked.value;
}

/** The script of the page, with what is wrong with it. */
export function QueryBar(props: { path: string; asked: string; examples: string[] }) {
  const { path, asked, examples } = props;
  const id = useId();
  const script = useSignal(asked);
  const areExamplesShown = useSignal(false);
  useEffect(() => {
    script.value = asked;
  }, [asked, script]);
  const checked = useChecked(path, script.value);
  // What was said of another script is not true of this one.
  const { error } = checked.value.script === script.value ? checked.value : { error: undefined };
  const run = (to = script.value) => {
    script.value = to;
    go(link(path, { transform: to.trim() }));
  };
  return (
    <section class="query-bar" aria-label={text.script.title}>
      <div class={error ? "query-field wrong" : "query-field"}>
        <ScriptField
          label={text.script.title}
          placeholder={text.script.placeholder}
          script={script}
          error={error}
          describedBy={id}
          onSubmit={run}
        />
        <button
          type="button"
          class="quiet"
          aria-expanded={areExamplesShown.value}
          onClick={() => {
            areExamplesShown.value = !areExamplesShown.value;
          }}
        >
          {text.script.examples}
        </button>
        <button type="button" class="primary" disabled={error !== undefined} onClick={() => run()}>
          {text.script.run}
        </button>
      </div>
      <div id={id} role="status">
        {error && (
          <Problem
            error={error}
            onMend={() => {
              script.value = mended(script.value, error);
            }}
          />
        )}
      </div>
      {areExamplesShown.value && (
        <ul class="examples">
          {examples.map((example) => (
            <li key={example}>
              <button
                type="button"
                onClick={() => {
                  areExamplesShown.value = false;
                  run(example);
                }}
              >
                <code>{example}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Problem({ error, onMend }: { error: ScriptError; onMend: () => void }) {
  const { message, at, suggestion } = error;
  return (
    <p class="script-problem">
      <strong>{at === undefined ? message : text.script.problem(message, at + 1)}</strong>
      {suggestion && (
        <>
          {" "}
          {text.script.meant}{" "}
          <button type="button" onClick={onMend}>
            <code>{suggestion}</code>
          </button>
        </>
      )}{" "}
      <span class="hint">{text.script.stillShown}</span>
    </p>
  );
}
