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

/** The range that a query string asks for: everything, if it asks for none that there is. */
export function spanOf(search: string): Span {
  const id = new URLSearchParams(search).get("range");
  return SPANS.find((span) => span.id === id) ?? { id: "all", seconds: undefined };
}

/** The parameters of a request for a range that ends at a time. */
export function bounds(span: Span, end: number | undefined): string {
  return span.seconds === undefined || end === undefined
    ? ""
    : `&t1=${end - span.seconds}&t2=${end}`;
}
