// The pages that one goes to by a word: a line each.

import type { Session } from "./api/session.ts";
import { text } from "./text/en.ts";
import type { IconName } from "./widgets/icons.tsx";

export interface Place {
  name: string;
  icon: IconName;
  to: (user: string) => string;
  /** Whether an address is in it. Without this, those are that begin with its own. */
  has?: (path: string) => boolean;
  /** Who sees it; everybody without this. */
  isFor?: (session: Session) => boolean;
  /** Whether it is among the tabs of a phone; of these, the first four are. */
  isTab?: boolean;
}

const isObject = (path: string) => path !== "/" && !path.startsWith("/app/");
const isLog = (path: string) => path.endsWith("/meta/log");
const names = text.navigation;

export const PLACES: Place[] = [
  { name: names.today, icon: "today", to: () => "/", has: (path) => path === "/", isTab: true },
  {
    name: names.devices,
    icon: "devices",
    to: (user) => `/${user}`,
    has: (path) => isObject(path) && !isLog(path),
    isTab: true,
  },
  { name: names.analyse, icon: "analyse", to: () => "/app/analyse", isTab: true },
  { name: names.boards, icon: "boards", to: () => "/app/boards" },
  { name: names.downlinks, icon: "downlinks", to: () => "/app/downlinks", isTab: true },
  { name: names.upload, icon: "upload", to: () => "/app/upload" },
  { name: names.pipescript, icon: "scripts", to: () => "/app/pipescript" },
  { name: names.settings, icon: "settings", to: () => "/app/settings" },
  { name: names.log, icon: "log", to: (user) => `/${user}/meta/log`, has: isLog },
  {
    name: names.users,
    icon: "users",
    to: () => "/app/users",
    isFor: ({ canListUsers }) => canListUsers,
  },
];

// The fifth is all that is left.
const MAX_TABS = 4;

export function placesOf(session: Session): Place[] {
  return PLACES.filter((place) => place.isFor?.(session) ?? true);
}

/** The places that are tabs on a phone, and the other ones. */
export function tabsOf(session: Session): { tabs: Place[]; others: Place[] } {
  const places = placesOf(session);
  const tabs = places.filter((place) => place.isTab).slice(0, MAX_TABS);
  return { tabs, others: places.filter((place) => !tabs.includes(place)) };
}

export function isAt(place: Place, path: string, user: string): boolean {
  return place.has ? place.has(path) : `${path}/`.startsWith(`${place.to(user)}/`);
}

/** What lies above a page; `undefined` for one that is at the top. */
export function above(path: string, user: string): string | undefined {
  const parts = path.split("/").filter(Boolean);
  if (isLog(path)) return undefined;
  if (parts[0] !== "app") return parts.length > 1 ? `/${parts.slice(0, -1).join("/")}` : undefined;
  if (parts[1] === "new" && parts[2] === "user") return "/app/users";
  if (parts[1] === "new" || parts[1] === "connect") return `/${user}`;
  return parts.length > 2 ? `/${parts.slice(0, -1).join("/")}` : undefined;
}
