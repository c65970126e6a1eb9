import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/http.ts";
import { Requests } from "./tiles-requests.ts";

/** A request that is answered by hand. */
function pending() {
  let answer: (value: string) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const load = vi.fn(
    (_: AbortSignal) =>
      new Promise<string>((resolve, reject) => {
        [answer, fail] = [resolve, reject];
      }),
  );
  return { load, answer: (value: string) => answer(value), fail: (error: unknown) => fail(error) };
}

describe("requests", () => {
  const failed = vi.fn();
  const again = vi.fn();
  let requests: Requests;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
    requests = new Requests(failed, again);
  });

  afterEach(() => {
    requests.close();
    vi.useRealTimers();
  });

  it("are sent once for each name, and get what was written meanwhile", async () => {
    const [first, done] = [pending(), vi.fn()];
    requests.start("a", first.load, done);
    requests.start("a", first.load, done);
    requests.missed([{ t: 1, d: 2 }]);
    first.answer("yes");
    await vi.advanceTimersByTimeAsync(0);
    expect(first.load).toHaveBeenCalledOnce();
    expect(done.mock.calls).toEqual([["yes", [{ t: 1, d: 2 }]]]);
  });

  it("that were given up are silent, also when they are answered", async () => {
    const [first, done] = [pending(), vi.fn()];
    requests.start("a", first.load, done);
    requests.abort((name) => name === "a");
    expect(first.load.mock.calls[0]?.[0].aborted).toBe(true);
    first.fail(new ApiError("gone", 0));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([done, failed, again].map((it) => it.mock.calls.length)).toEqual([0, 0, 0]);
  });

  it("that have failed are sent again after longer and longer pauses", async () => {
    for (const pause of [1000, 2000, 4000]) {
      again.mockClear();
      const request = pending();
      requests.start("a", request.load, vi.fn());
      request.fail(new ApiError("not reached", 0));
      await vi.advanceTimersByTimeAsync(pause - 10);
      expect(again).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(20);
      expect(again).toHaveBeenCalledOnce();
    }
    expect(failed).toHaveBeenCalledTimes(3);
  });

  it("that were refused are not", async () => {
    const request = pending();
    requests.start("a", request.load, vi.fn());
    request.fail(new ApiError("Transform zork not found", 400));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([failed, again].map((it) => it.mock.calls.length)).toEqual([1, 0]);
  });
});
