import { describe, expect, it } from "vitest";
import {
  drawnHeight,
  type Extent,
  isStuck,
  MAX_HEIGHT,
  rowsAt,
  scrolled,
  settled,
  spaces,
} from "./rows.ts";

const small: Extent = { count: 1000, rowHeight: 36, view: 360 };
const huge: Extent = { count: 10_000_000, rowHeight: 36, view: 360 };

describe("rows", () => {
  it("are drawn where they are seen, with a margin", () => {
    expect(rowsAt(0, small)).toEqual({ first: 0, end: 24 });
    const { first, end } = rowsAt(500 * 36, small);
    expect(first).toBeLessThanOrEqual(492);
    expect(first).toBeGreaterThan(480);
    expect(end).toBeGreaterThanOrEqual(518);
    expect(end).toBeLessThan(530);
    expect(rowsAt(36_000 - 360, small).end).toBe(1000);
    expect(rowsAt(0, { ...small, count: 3 })).toEqual({ first: 0, end: 3 });
    expect(rowsAt(5000, { ...small, count: 0 })).toEqual({ first: 0, end: 0 });
  });

  it("take the place of those that are not drawn", () => {
    const all = spaces([10, 11, 12], small, 0);
    expect(all).toEqual([360, 0, 0, 36_000 - 13 * 36]);
    // A row far above, which stays, takes nothing away.
    expect(spaces([2, 10, 11, 12], small, 0)).toEqual([72, 252, 0, 0, 36_000 - 13 * 36]);
    expect(spaces([], small, 0)).toEqual([36_000]);
  });
});

describe("a table that is too high for a browser", () => {
  it("is as high as a browser draws", () => {
    expect(drawnHeight(huge)).toBe(MAX_HEIGHT);
    expect(drawnHeight(small)).toBe(36_000);
  });

  it("is scrolled in proportion when it is dragged", () => {
    const start = { at: 0, top: 0 };
    const end = scrolled(start, MAX_HEIGHT - 360, huge);
    expect(end.top).toBe(360_000_000 - 360);
    expect(rowsAt(end.top, huge).end).toBe(10_000_000);
    const middle = scrolled(start, (MAX_HEIGHT - 360) / 2, huge);
    expect(middle.top).toBeCloseTo((360_000_000 - 360) / 2);
    // The row at the top is drawn where the browser has scrolled to.
    const { first } = rowsAt(middle.top, huge);
    const [space = 0] = spaces([first], huge, middle.top - middle.at);
    expect(space - middle.at).toBeCloseTo(first * 36 - middle.top, 3);
  });

  it("is scrolled exactly by wheel and keys, so that each row is reached", () => {
    let scroll = scrolled({ at: 0, top: 0 }, 4_000_000, huge);
    const { top } = scroll;
    scroll = scrolled(scroll, 4_000_100, huge);
    expect(scroll.top - top).toBeCloseTo(100);
    scroll = scrolled(scroll, 3_999_900, huge);
    expect(scroll.top - top).toBeCloseTo(-100);
  });

  it("goes on where the browser cannot scroll", () => {
    let scroll = settled(10_000, huge);
    expect(scroll.at).toBeCloseTo(222.2, 0);
    scroll = scrolled(scroll, 0, huge);
    expect(isStuck(scroll, huge)).toBe(true);
    scroll = settled(scroll.top, huge);
    expect(scroll.top).toBeCloseTo(10_000 - 222.2, 0);
    expect(isStuck(scroll, huge)).toBe(false);
    expect(isStuck({ at: 0, top: 0 }, huge)).toBe(false);
  });

  it("is at the top for whoever goes there", () => {
    expect(scrolled(settled(5_000_000, huge), 0, huge)).toEqual({ at: 0, top: 0 });
    expect(settled(-5, huge)).toEqual({ at: 0, top: 0 });
  });
});
