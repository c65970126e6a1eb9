// The time zone in which days, weeks and hours are counted: that of the browser.

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

/** The number of a day since 1970, in the zone. */
export function dayOf(t: number): number {
  const [year = 0, month = 1, day = 1] = parts
    .format(t * 1000)
    .split("-")
    .map(Number);
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** The day with a number, at midnight in UTC. To be shown with `timeZone: "UTC"`. */
export function dateOf(day: number): Date {
  return new Date(day * 86_400_000);
}

/** The day of the week: 0 is Monday. */
export function weekdayOf(day: number): number {
  // 1970 began on a Thursday.
  return (((day + 3) % 7) + 7) % 7;
}
