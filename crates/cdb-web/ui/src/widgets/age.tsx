import { age, dateTime } from "../text/format.ts";

/** How long ago a time was, with the time itself as its title. */
export function Age({ t, now }: { t: number; now: number }) {
  const date = new Date(t * 1000);
  // Times far beyond what a calendar has are datapoints, too.
  const isDate = !Number.isNaN(date.getTime());
  return (
    <time {...(isDate ? { dateTime: date.toISOString() } : {})} title={dateTime(t)}>
      {age(t, now)}
    </time>
  );
}
