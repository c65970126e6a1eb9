import { logOut, type Session } from "../api/session.ts";
import { useAction } from "../data/action.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { LogOut } from "../widgets/log-out.tsx";
import { ThisBrowser } from "../widgets/this-browser.tsx";

export function SettingsPage({ session }: { session: Session }) {
  const { isBusy, error, run } = useAction();
  const { durability } = session;
  return (
    <>
      <h1>{text.settings.title}</h1>
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
        <LogOut isBusy={isBusy.value} logOut={() => run(logOut)} />
      </section>
      <ThisBrowser />
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
