import type { Session } from "../../api/session.ts";
import { text } from "../../text/en.ts";

/** What the server is, and when it answers an insert. */
export function ServerSettings({ session }: { session: Session }) {
  const { durability, software } = session;
  return (
    <section class="card">
      <dl>
        <dt>{text.settings.version}</dt>
        <dd>{software}</dd>
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
  );
}
