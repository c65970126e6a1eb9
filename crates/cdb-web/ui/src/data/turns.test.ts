import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

describe("turns", () => {
  it("let so many run at the same time, in order", async () => {
    const turns = new Turns(2);
    const { signal } = new AbortController();
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (n: number) => () => {
      begun.push(n);
      return new Promise<number>((end) => ends.push(() => end(n)));
    };
    const all = [1, 2, 3, 4].map((n) => turns.run(work(n), signal));
    await expect.poll(() => begun).toEqual([1, 2]);
    ends[1]?.();
    await expect.poll(() => begun).toEqual([1, 2, 3]);
    ends[0]?.();
    await expect.poll(() => begun).toEqual([1, 2, 3, 4]);
    for (const end of ends) end();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  });

  it("pass over what was given up, and what fails", async () => {
    const turns = new Turns(1);
    const abort = new AbortController();
    const { signal } = new AbortController();
    const failed = turns.run(async () => {
      throw new Error("no");
    }, signal);
    const givenUp = turns.run(async () => "late", abort.signal);
    abort.abort();
    const last = turns.run(async () => "done", signal);
    await expect(failed).rejects.toThrow("no");
    await expect(givenUp).rejects.toThrow();
    expect(await last).toBe("done");
  });
});
