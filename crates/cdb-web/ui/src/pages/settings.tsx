import type { ComponentType } from "preact";
import type { Session } from "../api/session.ts";
import { path } from "../route.ts";
import { text } from "../text/en.ts";
import { Head } from "../widgets/head.tsx";
import { MissingPage } from "./missing.tsx";
import { LookSettings } from "./settings/look.tsx";
import { MeSettings } from "./settings/me.tsx";
import { PasswordSettings } from "./settings/password.tsx";
import { ServerSettings } from "./settings/server.tsx";
import { SessionSettings } from "./settings/sessions.tsx";

interface Part {
  to: string;
  name: string;
  Part: ComponentType<{ session: Session }>;
}

const PARTS: Part[] = [
  { to: "/app/settings", name: text.settings.me, Part: MeSettings },
  { to: "/app/settings/password", name: text.settings.password, Part: PasswordSettings },
  { to: "/app/settings/sessions", name: text.settings.sessions, Part: SessionSettings },
  { to: "/app/settings/look", name: text.settings.look, Part: LookSettings },
  { to: "/app/settings/server", name: text.settings.server, Part: ServerSettings },
];

export function SettingsPage({ session }: { session: Session }) {
  const current = PARTS.find(({ to }) => to === path.value);
  if (!current) return <MissingPage />;
  return (
    <>
      <Head title={text.settings.title} />
      <nav class="segments parts" aria-label={text.settings.parts}>
        {PARTS.map(({ to, name }) => (
          <a key={to} href={to} aria-current={to === path.value ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <current.Part session={session} />
    </>
  );
}
