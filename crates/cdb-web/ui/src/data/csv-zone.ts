// Local times of a time zone.

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;

/**
 * A local time as an instant, both in milliseconds since 1970. When clocks are set back there are two; when they
 * are set forward there is none, and `skipped` is where they go on.
 */
export type Instant = { at: number } | { first: number; second: number } | { skipped: number };

export class Zone {
  private readonly format: Intl.DateTimeFormat;
  private readonly days = new Map<number, number | undefined>();
  private readonly quarters = new Map<number, number>();

  constructor(readonly name: string) {
    const [year, month, day] = ["numeric", "numeric", "numeric"] as const;
    const [hour, minute, second] = ["numeric", "numeric", "numeric"] as const;
    const parts = { year, month, day, hour, minute, second };
    this.format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "iso8601",
      hourCycle: "h23",
      era: "short",
      ...parts,
    });
  }

  /** The instant of a local time, given as if it were one of UTC. */
  instant(local: number): Instant {
    const before = this.offset(local - DAY);
    const after = this.offset(local + DAY);
    const [first, second] = [...new Set([before, after])]
      .map((offset) => local - offset)
      .filter((instant) => this.offset(instant) === local - instant)
      .sort((a, b) => a - b);
    if (first === undefined) return { skipped: local - before };
    return second === undefined ? { at: first } : { first, second };
  }

  /** By how much clocks are before UTC at an instant. Most days have one answer, which is asked for once. */
  private offset(instant: number): number {
    const day = Math.floor(instant / DAY);
    if (!this.days.has(day)) {
      const [start, end] = [this.ask(day * DAY), this.ask((day + 1) * DAY)];
      this.days.set(day, start === end ? start : undefined);
    }
    const ofDay = this.days.get(day);
    if (ofDay !== undefined) return ofDay;
    const quarter = Math.floor(instant / QUARTER);
    let offset = this.quarters.get(quarter);
    if (offset === undefined) {
      offset = this.ask(quarter * QUARTER);
      this.quarters.set(quarter, offset);
    }
    return offset;
  }

  private ask(instant: number): number {
    const parts = this.format.formatToParts(instant);
    const part = (type: string) => parts.find((it) => it.type === type)?.value ?? "";
    const year = part("era").startsWith("B") ? 1 - Number(part("year")) : Number(part("year"));
    const [month, day] = [Number(part("month")) - 1, Number(part("day"))];
    const [hour, minute, second] = ["hour", "minute", "second"].map((it) => Number(part(it)));
    const local = new Date(0);
    local.setUTCFullYear(year, month, day);
    local.setUTCHours(hour ?? 0, minute, second);
    return local.getTime() - Math.floor(instant / 1000) * 1000;
  }
}

/** All zones that the browser knows, one's own first. */
export function zones(own: string): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return [...new Set([own, "UTC", ...known])];
}
