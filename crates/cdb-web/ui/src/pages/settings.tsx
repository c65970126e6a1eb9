import { logOut, type Session } from "../api/session.ts";
import { useAction } from "../data/action.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";

export function SettingsPage({ session }: { session: Session }) {
  const { isBusy, error, run } = useAction();
  const { durability } = session;
  return (
    <>
      <Head title={text.settings.title} />
      <section class="card">
        <h2>{text.settings.me}</h2>
        <dl>
          <dt>{text.settings.name}</dt>
          <dd>{session.user}</dd>
          <dt>{text.settings.role}</dt>
          <dd>{session.userRole}</dd>
          <dt>{text.settings.device}</dt>
          <dd>{session.device}</dd>
        </dl>
        <Failure error={error.value} />
        <button type="button" disabled={isBusy.value} onClick={() => void run(logOut)}>
          {isBusy.value ? text.settings.loggingOut : text.settings.logOut}
        </button>
      </section>
      <section class="card">
        <h2>{text.settings.server}</h2>
        <dl>
          <dt>{text.settings.version}</dt>
          <dd>{session.software}</dd>
          {durability && (
            <>
              <dt>{text.settings.durability}</dt>
              <dd>
                {durability === "full" ? text.settings.durable : text.settings.waiting(durability)}
              </dd>
            </>
          )}
        </dl>
        <a href={`${import.meta.env.BASE_URL}licences.txt`} target="_blank" rel="noreferrer">
          {text.settings.licences}
        </a>
      </section>
    </>
  );
}
