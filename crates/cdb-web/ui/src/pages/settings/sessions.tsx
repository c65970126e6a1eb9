import { endSession, type OpenSession, sessions } from "../../api/account.ts";
import { ApiError } from "../../api/http.ts";
import { useAction } from "../../data/action.ts";
import { usePolled } from "../../data/polled.ts";
import { browserOf } from "../../text/browsers.ts";
import { text } from "../../text/en.ts";
import { dateTime } from "../../text/format.ts";
import { Age } from "../../widgets/age.tsx";
import { Failure } from "../../widgets/failure.tsx";
import { say } from "../../widgets/toast.tsx";

const INTERVAL = 30_000;

/** Where one is logged in, each of which can be ended. */
export function SessionSettings() {
  const { polled, refresh } = usePolled(sessions, INTERVAL, "");
  const { error: failure, run, isBusy } = useAction();
  const { value, error, now } = polled.value;
  const isUnknown = error instanceof ApiError && error.code === 404;
  const end = (session: OpenSession) =>
    run(async () => {
      await endSession(session.id);
      say(text.settings.ended(browserOf(session.user_agent)));
      refresh();
    });
  return (
    <section class="card">
      <p class="hint">{isUnknown ? text.settings.noSessions : text.settings.sessionsHint}</p>
      <Failure error={isUnknown ? failure.value : (error ?? failure.value)} />
      <ul class="sessions">
        {value?.map((session) => (
          <li key={session.id}>
            <div>
              <strong title={session.user_agent}>{browserOf(session.user_agent)}</strong>
              {session.current && <span class="tag good">{text.settings.thisSession}</span>}
              <p class="hint">
                {text.settings.usedAt} <Age t={session.last_used} now={now} /> ·{" "}
                {text.settings.openedAt} {dateTime(Math.floor(session.created))} ·{" "}
                {text.settings.until} {dateTime(Math.floor(session.expires))}
              </p>
            </div>
            {!session.current && (
              <button
                type="button"
                aria-label={text.settings.endOne(browserOf(session.user_agent))}
                disabled={isBusy.value}
                onClick={() => void end(session)}
              >
                {text.settings.end}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
