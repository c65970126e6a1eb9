// How a person wants pages to look, on this browser: the theme, the time zone of dates, the first day of the week.

import { computed, signal } from "@preact/signals";

const KEY = "preferences";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export interface Preferences {
  theme: Theme;
  /** An IANA name such as `Europe/Berlin`; empty for the zone of the system. */
  zone: string;
  /** The day on which weeks begin, from 0, Monday, to 6; `undefined` for that of the language. */
  firstDay: number | undefined;
  /** Whether keys without Ctrl or Alt do something, such as `?`: they disturb who speaks to a computer. */
  hasShortcuts: boolean;
}

const DEFAULTS: Preferences = {
  theme: "system",
  zone: "",
  firstDay: undefined,
  hasShortcuts: true,
};

/** Reads what was kept. What is not understood is as if it was never chosen. */
export function parsePreferences(kept: string | null): Preferences {
  let read: Partial<Preferences>;
  try {
    read = { ...JSON.parse(kept ?? "{}") };
  } catch {
    return DEFAULTS;
  }
  const { theme, zone, firstDay, hasShortcuts } = read;
  return {
    theme: THEMES.find((it) => it === theme) ?? DEFAULTS.theme,
    zone: typeof zone === "string" && isZone(zone) ? zone : DEFAULTS.zone,
    firstDay: [0, 1, 2, 3, 4, 5, 6].find((day) => day === firstDay),
    hasShortcuts: hasShortcuts !== false,
  };
}

/** Whether the browser knows a time zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat(undefined, { timeZone: zone || "UTC" });
    return true;
  } catch {
    return false;
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // A browser may forbid it. Then what is chosen is forgotten with the page.
    return null;
  }
}

export const preferences = signal(parsePreferences(read()));

/** The time zone in which dates are shown. */
export const timeZone = computed(
  () => preferences.value.zone || Intl.DateTimeFormat().resolvedOptions().timeZone,
);

export function prefer(changes: Partial<Preferences>): void {
  preferences.value = { ...preferences.peek(), ...changes };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.peek()));
  } catch {
    // As above.
  }
}

// At first before anything is drawn: the page waits for its script. In a file of its own, which the page would
// wait for as well, it would be one more request.
preferences.subscribe(({ theme }) => {
  document.documentElement.dataset.theme = theme;
});

/** When the day of a time begins, in the zone that dates are shown in. Both in seconds since 1970. */
export function startOfDay(t: number, zone: string = timeZone.value): number {
  const time = clock(t, zone);
  const guess = Math.floor(t) - time;
  // The clock may have been changed since midnight: then midnight is not as many seconds ago as it shows.
  const there = clock(guess, zone);
  if (there === 0) return guess;
  return there > 43_200 ? guess + 86_400 - there : guess - there;
}

/** The time of day, in seconds. */
function clock(t: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(Math.floor(t) * 1000);
  const part = (type: string) => Number(parts.find((it) => it.type === type)?.value ?? 0);
  return part("hour") * 3600 + part("minute") * 60 + part("second");
}
