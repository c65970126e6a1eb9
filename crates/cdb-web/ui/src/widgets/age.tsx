import { age, dateTime } from "../text/format.ts";

/** How long ago a time was, with the time itself as its title. */
export function Age({ t, now }: { t: number; now: number }) {
  return (
    <time dateTime={new Date(t * 1000).toISOString()} title={dateTime(t)}>
      {age(t, now)}
    </time>
  );
}
