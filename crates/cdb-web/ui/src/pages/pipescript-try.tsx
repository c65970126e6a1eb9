import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { Datapoint } from "../api/objects.ts";
import { type Mistake, mistakeOf, run } from "../api/pipescript.ts";
import { useAction } from "../data/action.ts";
import { text } from "../text/en.ts";
import { count, dateTime, value } from "../text/format.ts";
import { Failure } from "../widgets/failure.tsx";

// A script is tried on so many of the newest datapoints, and so many of its results are shown.
const TRIED = 1000;
const SHOWN = 10;

/** A script, and what it makes of a stream. */
export function TryScript(props: {
  paths: string[];
  path: string;
  script: string;
  onRun: (path: string, script: string) => void;
}) {
  const { paths, path, script, onRun } = props;
  const id = useId();
  const stream = useSignal(path);
  const typed = useSignal(script);
  const results = useSignal<Datapoint[] | undefined>(undefined);
  const { isBusy, error, run: act } = useAction();
  const message = error.value instanceof Error ? error.value.message : "";
  const mistake = mistakeOf(message);
  const tryIt = (at: string, what: string) =>
    act(async () => {
      results.value = await run(at, what, TRIED);
    });
  useEffect(() => {
    if (script && path) void tryIt(path, script);
  }, [path, script]);
  return (
    <section class="card try" aria-label={text.pipescript.tryIt}>
      {paths.length === 0 ? (
        <p>
          {text.pipescript.noStreams} <a href="/app/connect">{text.connect.title}</a>
        </p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            // The same once more, of a stream that has grown.
            if (stream.value === path && typed.value === script) void tryIt(path, script);
            else onRun(stream.value, typed.value);
          }}
        >
          <div class="field">
            <label for={`${id}-stream`}>{text.pipescript.stream}</label>
            <select
              id={`${id}-stream`}
              value={stream.value}
              onChange={(event) => {
                stream.value = event.currentTarget.value;
              }}
            >
              {paths.map((it) => (
                <option key={it} value={it}>
                  {it}
                </option>
              ))}
            </select>
          </div>
          <div class="field wide">
            <label for={`${id}-script`}>{text.pipescript.scriptLabel}</label>
            <input
              id={`${id}-script`}
              class="code"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              required
              placeholder="if $ > 20 | count | if last"
              aria-invalid={error.value !== undefined}
              aria-describedby={`${id}-problem`}
              value={typed.value}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
              }}
            />
          </div>
          <button type="submit" class="primary" disabled={isBusy.value}>
            {text.pipescript.tryIt}
          </button>
        </form>
      )}
      <div id={`${id}-problem`} role={mistake ? "alert" : undefined}>
        {mistake ? <Place script={script} mistake={mistake} /> : <Failure error={error.value} />}
      </div>
      {results.value && !error.value && <Results points={results.value} />}
    </section>
  );
}

/** The line of a script with a mistake, and a caret below it. */
function Place({ script, mistake }: { script: string; mistake: Mistake }) {
  const line = script.split("\n")[mistake.line - 1] ?? script;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <pre class="mistake" tabIndex={0}>
        {line}
        {"\n"}
        <span aria-hidden="true">{`${" ".repeat(Math.max(0, mistake.column - 1))}^`}</span>
      </pre>
      <p class="problem">{text.pipescript.mistake(mistake.words, mistake.column)}</p>
    </>
  );
}

function Results({ points }: { points: Datapoint[] }) {
  const shown = points.slice(0, SHOWN);
  return (
    <div role="status">
      <p class="hint">{text.pipescript.results(count(points.length), count(TRIED))}</p>
      {shown.length > 0 && (
        <table>
          <caption class="for-readers">{text.pipescript.firstResults}</caption>
          <thead>
            <tr>
              <th scope="col">{text.stream.time}</th>
              <th scope="col" class="number">
                {text.stream.value}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((point, at) => (
              <tr key={`${point.t} ${at}`}>
                <td>{dateTime(point.t)}</td>
                <td class="number">{value(point.d)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
