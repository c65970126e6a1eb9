// The day on which weeks begin: the one that a person has chosen, or that of their language.

import { computed } from "@preact/signals";
import { preferences } from "./preferences.ts";

interface WeekInfo {
  /** From 1, Monday, to 7. */
  firstDay: number;
}

/** The first day of the week of a language, from 0, Monday, to 6; Monday, if the browser does not say. */
export function weekStartOf(language: string): number {
  const locale = new Intl.Locale(language) as Intl.Locale & {
    getWeekInfo?: () => WeekInfo;
    weekInfo?: WeekInfo;
  };
  const { firstDay } = locale.getWeekInfo?.() ?? locale.weekInfo ?? { firstDay: 1 };
  return firstDay - 1;
}

/** From 0, Monday, to 6. */
export const weekStart = computed(
  () => preferences.value.firstDay ?? weekStartOf(navigator.language),
);
