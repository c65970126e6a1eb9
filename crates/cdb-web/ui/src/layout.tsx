// What is around every page: the bar with the pages, at the side or, on a phone, below.

import type { ComponentChildren, ComponentType } from "preact";
import type { Session } from "./api/session.ts";
import { path } from "./route.ts";
import { text } from "./text/en.ts";
import { Connection } from "./widgets/connection.tsx";
import { DevicesIcon, Mark, SettingsIcon, TodayIcon } from "./widgets/icons.tsx";

interface Page {
  to: string;
  name: string;
  icon: ComponentType;
  has: (path: string) => boolean;
}

function pages(user: string): Page[] {
  const { today, devices, settings } = text.navigation;
  const isObject = (path: string) => path !== "/" && !path.startsWith("/app/");
  return [
    { to: "/", name: today, icon: TodayIcon, has: (path) => path === "/" },
    { to: `/${user}`, name: devices, icon: DevicesIcon, has: isObject },
    {
      to: "/app/settings",
      name: settings,
      icon: SettingsIcon,
      has: (path) => path.startsWith("/app/settings"),
    },
  ];
}

export function Layout({ session, children }: { session: Session; children: ComponentChildren }) {
  return (
    <div class="layout">
      <header class="bar">
        <a class="brand" href="/">
          <Mark />
          {text.product}
        </a>
        <nav aria-label={text.navigation.label}>
          {pages(session.user).map(({ to, name, icon: Icon, has }) => (
            <a key={to} href={to} aria-current={has(path.value) ? "page" : undefined}>
              <Icon />
              {name}
            </a>
          ))}
        </nav>
        <Connection />
        <p class="who">{session.user}</p>
      </header>
      <main>{children}</main>
    </div>
  );
}
