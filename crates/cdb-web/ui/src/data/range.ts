// The ranges of time that a stream is looked at in, as they are in the address.

export interface Span {
  /** What the address says. */
  id: string;
  /** How long it is, in seconds; `undefined` for everything. */
  seconds: number | undefined;
}

const DAY = 86_400;

export const SPANS: Span[] = [
  { id: "day", seconds: DAY },
  { id: "week", seconds: 7 * DAY },
  { id: "month", seconds: 30 * DAY },
  { id: "year", seconds: 365 * DAY },
  { id: "all", seconds: undefined },
];
