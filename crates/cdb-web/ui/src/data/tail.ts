// Whether messages of the websocket leave nothing out, and what follows from each. No DOM.

import type { Datapoint } from "../api/objects.ts";

/** A subscription has begun, at first or again. */
export interface Joined {
  kind: "joined";
  /** The position of the first datapoint that is to come; `undefined` if nothing is stored. */
  index: number | undefined;
  /** Another one is another stream with the same path. */
  incarnation: number;
  /** How often datapoints were changed so far. */
  corrections: number;
}

/** Datapoints were written. */
export interface Written {
  kind: "written";
  points: Datapoint[];
  /** Their positions: of the first one, and after the last one. */
  index: number | undefined;
  end: number | undefined;
}

/** Datapoints between two times were changed, removed, or sorted in. */
export interface Replaced {
  kind: "replaced";
  first: number;
  last: number;
  /** The position of the next datapoint. */
  end: number;
  corrections: number;
}

export type LiveEvent = Joined | Written | Replaced;

/** How far a stream is known. */
export interface Tail {
  position: number | undefined;
  incarnation: number;
  corrections: number;
}

export type Step =
  /** Nothing is known of what was before. */
  | { kind: "begin" }
  | { kind: "nothing" }
  | { kind: "fold"; points: Datapoint[] }
  /** What was written last is not known. */
  | { kind: "missed" }
  | { kind: "changed"; first: number; last: number }
  | { kind: "all" };

/** Returns how far a stream is known after an event, and what is to be done. */
export function follow(tail: Tail | undefined, event: LiveEvent): [Tail | undefined, Step] {
  switch (event.kind) {
    case "joined":
      return afterJoined(tail, event);
    case "written":
      return afterWritten(tail, event);
    case "replaced":
      return afterReplaced(tail, event);
  }
}

function afterJoined(before: Tail | undefined, event: Joined): [Tail, Step] {
  const { index: position, incarnation, corrections } = event;
  const tail = { position, incarnation, corrections };
  if (!before) return [tail, { kind: "begin" }];
  const isSame = before.incarnation === incarnation && before.corrections === corrections;
  if (!isSame || (position ?? 0) < (before.position ?? 0)) return [tail, { kind: "all" }];
  return [tail, { kind: position === before.position ? "nothing" : "missed" }];
}

function afterWritten(before: Tail | undefined, event: Written): [Tail | undefined, Step] {
  const { points, index, end } = event;
  if (index === undefined || end === undefined || before?.position === undefined) {
    return [before, { kind: "fold", points }];
  }
  const known = before.position;
  if (end <= known) return [before, { kind: "nothing" }];
  const tail = { ...before, position: end };
  if (index > known) return [tail, { kind: "missed" }];
  return [tail, { kind: "fold", points: points.slice(known - index) }];
}

function afterReplaced(before: Tail | undefined, event: Replaced): [Tail | undefined, Step] {
  const { first, last, end, corrections } = event;
  if (!before) return [before, { kind: "all" }];
  // Appended datapoints that were not told of are later than all others.
  const isMissed = before.position !== undefined && end > before.position;
  const tail = { ...before, corrections, position: Math.max(end, before.position ?? 0) };
  return [tail, { kind: "changed", first, last: isMissed ? Number.POSITIVE_INFINITY : last }];
}
