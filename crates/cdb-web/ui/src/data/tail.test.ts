import { describe, expect, it } from "vitest";
import { follow, type LiveEvent, type Tail } from "./tail.ts";

const joined = (index: number, corrections = 0, incarnation = 7): LiveEvent => ({
  kind: "joined",
  index,
  incarnation,
  corrections,
});
const written = (index: number, count: number): LiveEvent => ({
  kind: "written",
  points: Array.from({ length: count }, (_, i) => ({ t: index + i, d: index + i })),
  index,
  end: index + count,
});

/** What comes of several events, one after the other. */
function steps(...events: LiveEvent[]) {
  let tail: Tail | undefined;
  return events.map((event) => {
    const [next, step] = follow(tail, event);
    tail = next;
    return step.kind === "fold" ? step.points.map(({ t }) => t) : step.kind;
  });
}

describe("a tail", () => {
  it("takes each datapoint once", () => {
    expect(steps(joined(10), written(10, 2), written(12, 1))).toEqual(["begin", [10, 11], [12]]);
    // A message that comes again, wholly or in part.
    expect(steps(joined(10), written(10, 2), written(10, 2), written(11, 3))).toEqual([
      "begin",
      [10, 11],
      "nothing",
      [12, 13],
    ]);
  });

  it("notices what it has missed", () => {
    expect(steps(joined(10), written(12, 1), written(13, 1))).toEqual(["begin", "missed", [13]]);
    expect(steps(joined(10), written(10, 2), joined(12))).toEqual(["begin", [10, 11], "nothing"]);
    expect(steps(joined(10), joined(15), written(15, 1))).toEqual(["begin", "missed", [15]]);
  });

  it("notices a correction, also one that it was not told of", () => {
    const replaced: LiveEvent = { kind: "replaced", first: 3, last: 4, end: 12, corrections: 1 };
    expect(steps(joined(12), replaced, joined(12, 1))).toEqual(["begin", "changed", "nothing"]);
    expect(steps(joined(12), joined(12, 1))).toEqual(["begin", "all"]);
    expect(steps(joined(12), joined(12, 0, 8))).toEqual(["begin", "all"]);
    expect(steps(joined(12), joined(5))).toEqual(["begin", "all"]);
    const [, step] = follow({ position: 10, incarnation: 7, corrections: 0 }, replaced);
    expect(step).toEqual({ kind: "changed", first: 3, last: Number.POSITIVE_INFINITY });
  });

  it("takes what has no positions as it comes", () => {
    const ephemeral: LiveEvent = {
      ...written(0, 1),
      index: undefined,
      end: undefined,
    } as LiveEvent;
    expect(steps(ephemeral, ephemeral)).toEqual([[0], [0]]);
  });

  it("has each of 10,000 datapoints once and in order, however often it is cut", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const stored: number[] = [];
    const seen: number[] = [];
    let tail: Tail | undefined;
    const receive = (event: LiveEvent) => {
      const [next, step] = follow(tail, event);
      tail = next;
      if (step.kind === "fold") seen.push(...step.points.map(({ t }) => t));
      // Everything is asked for again.
      else if (step.kind !== "nothing") seen.splice(0, seen.length, ...stored);
    };
    receive(joined(0));
    let isOpen = true;
    while (stored.length < 10_000) {
      const event = written(stored.length, 1 + Math.floor(random() * 5));
      if (event.kind === "written") stored.push(...event.points.map(({ t }) => t));
      if (random() < 0.05) isOpen = false;
      if (isOpen) receive(event);
      else if (random() < 0.5) {
        isOpen = true;
        receive(joined(stored.length));
      }
      // A message that was on its way twice.
      if (isOpen && random() < 0.1) receive(event);
    }
    if (!isOpen) receive(joined(stored.length));
    expect(seen).toEqual(stored);
  });
});
