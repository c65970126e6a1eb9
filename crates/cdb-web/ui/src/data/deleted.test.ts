import { describe, expect, it } from "vitest";
import { type Deleted, entryAt, withDeleted, withoutDeleted } from "./deleted.ts";

const gone = (index: number, t: number): Deleted => ({ point: { t, d: t }, index, until: 0 });

/** The rows of a stream whose datapoints have the times 0, 1, 2…, of which some are deleted. */
function rows(times: number[], deleted: Deleted[]): string[] {
  return Array.from({ length: times.length + deleted.length }, (_, row) => {
    const entry = entryAt(row, times.length, deleted);
    return "deleted" in entry ? `(${entry.deleted.point.t})` : String(times[entry.index]);
  });
}

describe("datapoints that were deleted", () => {
  it("stay in their places", () => {
    expect(rows([0, 1, 2], [])).toEqual(["2", "1", "0"]);
    const one = withDeleted([], gone(1, 1));
    expect(rows([0, 2], one)).toEqual(["2", "(1)", "0"]);
    const two = withDeleted(one, gone(0, 0));
    expect(rows([2], two)).toEqual(["2", "(1)", "(0)"]);
    const all = withDeleted(two, gone(0, 2));
    expect(rows([], all)).toEqual(["(2)", "(1)", "(0)"]);
  });

  it("come back in their places", () => {
    const all = [gone(1, 1), gone(0, 0), gone(0, 2)].reduce(withDeleted, [] as Deleted[]);
    const [, one] = all;
    const left = withoutDeleted(all, one as Deleted);
    expect(rows([1], left)).toEqual(["(2)", "1", "(0)"]);
  });
});
