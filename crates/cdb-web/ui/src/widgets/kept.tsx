import { isReached } from "../api/http.ts";
import { forget, tryAgain, waiting } from "../data/queue.ts";
import type { Kept } from "../data/queue-store.ts";
import { text } from "../text/en.ts";
import { dateTime, value } from "../text/format.ts";
import { isInstalled } from "../worker/register.ts";

/** In place of an age: the server does not have it yet. */
export function KeptHere() {
  return (
    <p class="hint">
      <span class="dot waiting" />
      {text.kept.here}
    </p>
  );
}

/** Says what happens to the values that the server does not have. */
export function KeptNote() {
  const refused = waiting.value.filter((it) => it.refused !== undefined);
  const count = waiting.value.length - refused.length;
  return (
    <>
      {!isReached.value && (
        <p class="note warn" role="status">
          <strong>{text.kept.offline}.</strong>{" "}
          {count === 0 ? text.kept.none : text.kept.some(count)}
          {isInstalled.value === false && ` ${text.kept.noWorker}`}
        </p>
      )}
      {isReached.value && count > 0 && (
        <p class="note warn" role="status">
          {text.kept.sending(count)}
        </p>
      )}
      {refused.length > 0 && <Refused values={refused} />}
    </>
  );
}

function Refused({ values }: { values: Kept[] }) {
  return (
    <section class="note bad refused">
      <h2>{text.kept.refused}</h2>
      <ul>
        {values.map((one) => (
          <li key={`${one.path} ${one.t}`}>
            <strong>{text.kept.one(value(one.d), one.path, dateTime(one.t))}</strong>
            <p>{one.refused}</p>
            <p class="actions">
              <button
                type="button"
                aria-label={text.kept.againOne(value(one.d))}
                onClick={() => void tryAgain(one)}
              >
                {text.kept.again}
              </button>
              <button
                type="button"
                aria-label={text.kept.deleteOne(value(one.d))}
                onClick={() => void forget(one)}
              >
                {text.kept.delete}
              </button>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
