import { describe, expect, it } from "vitest";
import { badness, COLUMNS, cover, levelOf, nameOf, rangeOf, tilesOver } from "./tiles.ts";
import { Source, sourceOf } from "./tiles-source.ts";

describe("tiles", () => {
  it("have columns that are at most as wide as a pixel, and more than half of it", () => {
    for (const pixel of [0.001, 0.9, 1, 1.1, 60, 86_400 / 512, 31_536_000 / 900]) {
      const width = 2 ** levelOf(pixel) / COLUMNS;
      expect(width, `${pixel}`).toBeLessThanOrEqual(pixel);
      expect(width, `${pixel}`).toBeGreaterThan(pixel / 2);
    }
  });

  it("cover a range without a gap, and are the same for each range", () => {
    const level = levelOf(10);
    const tiles = tilesOver({ t1: 1_700_000_000, t2: 1_700_020_000 }, level);
    const ranges = tiles.map(rangeOf);
    expect(ranges[0]?.t1).toBeLessThanOrEqual(1_700_000_000);
    expect(ranges.at(-1)?.t2).toBeGreaterThanOrEqual(1_700_020_000);
    for (const [i, { t1 }] of ranges.slice(1).entries()) expect(t1).toBe(ranges[i]?.t2);
    const later = tilesOver({ t1: 1_700_000_100, t2: 1_700_020_100 }, level).map(nameOf);
    expect(later.filter((name) => tiles.map(nameOf).includes(name)).length).toBeGreaterThan(1);
    // An end that is the end of a tile needs no further one.
    expect(tilesOver({ t1: 0, t2: 2 ** level }, level)).toHaveLength(1);
    expect(tilesOver({ t1: -10, t2: 10 }, level).map((it) => it.index)).toEqual([-1, 0]);
  });
});

describe("cover", () => {
  const source = (t1: number, t2: number, width: number) => ({ t1, t2, width });

  it("takes the best for each part, and coarser ones until that is there", () => {
    const coarse = source(0, 1000, 100);
    const fine = source(200, 400, 1);
    const exact = source(300, 500, 1.2);
    const pieces = cover([coarse, fine, exact], { t1: 100, t2: 900 }, 1.2);
    expect(pieces).toEqual([
      { source: coarse, t1: 100, t2: 200 },
      { source: fine, t1: 200, t2: 300 },
      { source: exact, t1: 300, t2: 500 },
      { source: coarse, t1: 500, t2: 900 },
    ]);
  });

  it("leaves out what nothing is known of", () => {
    expect(cover([source(0, 10, 1), source(20, 30, 1)], { t1: 5, t2: 25 }, 1)).toEqual([
      { source: source(0, 10, 1), t1: 5, t2: 10 },
      { source: source(20, 30, 1), t1: 20, t2: 25 },
    ]);
    expect(cover([], { t1: 0, t2: 1 }, 1)).toEqual([]);
  });

  it("prefers datapoints, then pixels, then finer columns to coarser ones", () => {
    const order = [0, 1, 0.6, 0.3, 1.5].map((width) => badness(source(0, 1, width), 1));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[2]).toBeGreaterThan(0);
  });
});

describe("a source", () => {
  /** What the server answers: the fields of all rows together. */
  const answer = (t1: number, t2: number, columns: number, rows: number[][]) =>
    sourceOf(
      Float64Array.from([
        ...[t1, t2, columns, 0, rows.length],
        ...rows.map((row) => row[0] ?? 0),
        ...rows.map((row) => row[1] ?? 0),
        ...rows.flatMap((row) => row.slice(2, 6)),
        ...rows.flatMap((row) => row.slice(6, 10)),
        ...rows.map((row) => row[10] ?? 0),
      ]),
    );
  const all = (source: Source) => [...source.rows(0, source.size)];

  it("has the rows of an answer", () => {
    const rows = [
      [0, 3, 11, 12, 13, 14, 5, -1, 9, 6, 4],
      [2, 1, 35, 35, 35, 35, 7, 7, 7, 7, 7],
    ];
    const source = answer(10, 40, 3, rows);
    expect(all(source)).toEqual(rows.flat());
    expect([source.width, source.lastSample]).toEqual([10, { t: 35, d: 7 }]);
    expect([10, 13.9, 14, 35].map((t) => source.rowAfter(t))).toEqual([0, 0, 1, 2]);
  });

  it("is the same after a live batch as if it were asked for again", () => {
    const before = answer(10, 40, 3, [[0, 2, 11, 11, 12, 12, 5, 5, 6, 6, 5.5]]);
    before.isOpen = true;
    for (const [t, d] of [
      [13, 2],
      [14, 6],
      [30, 1],
      [30.5, 3],
    ] as const) {
      before.fold({ t, d });
    }
    const after = answer(10, 40, 3, [
      [0, 4, 11, 13, 12, 14, 5, 2, 6, 6, 4.75],
      [1, 1, 30, 30, 30, 30, 1, 1, 1, 1, 1],
      [2, 1, 30.5, 30.5, 30.5, 30.5, 3, 3, 3, 3, 3],
    ]);
    expect(all(before)).toEqual(all(after));
  });

  it("grows by columns at the newest datapoint, and takes nothing elsewhere", () => {
    const closed = answer(0, 10, 5, []);
    closed.fold({ t: 11, d: 1 });
    closed.fold({ t: 0, d: 1 });
    expect(closed.size).toBe(0);
    closed.isOpen = true;
    closed.fold({ t: 11, d: 1 });
    expect([closed.size, closed.t2, closed.get(0, 0)]).toEqual([1, 12, 5]);
    const samples = Source.of({ t1: 0, t2: 10 }, [{ t: 1, d: 1 }], 1);
    samples.isOpen = true;
    for (let t = 2; t < 200; t += 1) samples.fold({ t, d: t });
    expect([samples.size, samples.t2, samples.get(150, 2)]).toEqual([199, 199, 151]);
  });
});
