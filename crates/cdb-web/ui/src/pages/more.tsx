import type { Session } from "../api/session.ts";
import { tabsOf } from "../navigation.ts";
import { text } from "../text/en.ts";
import { Connection } from "../widgets/connection.tsx";
import { Head } from "../widgets/head.tsx";
import { Icon } from "../widgets/icons.tsx";
import { Pinned } from "../widgets/pinned.tsx";

/** On a phone, the pages that are no tabs. */
export function MorePage({ session }: { session: Session }) {
  return (
    <>
      <Head title={text.navigation.more} />
      <Pinned user={session.user} />
      <ul class="all-pages">
        {tabsOf(session).others.map(({ name, icon, to }) => (
          <li key={name}>
            <a href={to(session.user)}>
              <Icon name={icon} />
              {name}
            </a>
          </li>
        ))}
      </ul>
      <Connection />
    </>
  );
}
