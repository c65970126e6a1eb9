import { describe, expect, it } from "vitest";
import { type Server, send } from "./queue-send.ts";
import { freeTime, type Kept, type Store } from "./queue-store.ts";

const PATH = "mara/user/mood";

/** Random numbers that are the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** What the browser keeps: it survives, whatever else is lost. */
class Memory implements Store {
  kept: Kept[] = [];

  async add(path: string, d: unknown, now: number): Promise<Kept> {
    const isTaken = (t: number) => this.kept.some((it) => it.path === path && it.t === t);
    const one = { path, t: freeTime(now, isTaken), d };
    this.kept.push(one);
    this.kept.sort((a, b) => a.t - b.t);
    return one;
  }
  async all() {
    return [...this.kept];
  }
  async settle(kept: Kept[]) {
    const times = kept.map(({ t }) => t);
    this.kept = this.kept.filter(({ t, isUndone }) => isUndone || !times.includes(t));
  }
  async drop(kept: Kept[]) {
    const times = kept.map(({ t }) => t);
    this.kept = this.kept.filter(({ t }) => !times.includes(t));
  }
  async refuse({ t }: Kept, why: string | undefined) {
    this.kept = this.kept.map((it) => {
      const { refused: _, ...rest } = it;
      if (it.t !== t) return it;
      return why === undefined ? rest : { ...rest, refused: why };
    });
  }
  async undo({ path, t, d }: Kept) {
    await this.drop([{ path, t, d }]);
    this.kept.push({ path, t, d, isUndone: true });
    this.kept.sort((a, b) => a.t - b.t);
  }
}

class Refused extends Error {}
class Lost extends Error {}

interface Point {
  t: number;
  d: unknown;
}

/** A stream, to which the connection is lost before or after what is asked for is done. */
class Stream implements Server {
  points: Point[] = [];
  /** Counts what was ever there. */
  position = 0;
  lose = () => 0;
  /** What else happens while a request is on its way. */
  meanwhile: () => void = () => {};
  takesLate = true;
  /** Requests that the network has kept, and that come after others. */
  delayed: (() => void)[] = [];

  private async call<T>(work: () => T): Promise<T> {
    const fate = this.lose();
    if (fate < 0.15) throw new Lost();
    this.meanwhile();
    const result = work();
    if (fate < 0.3) throw new Lost();
    return result;
  }
  end = () => this.call(() => this.position);
  last = () => this.call(() => this.points.at(-1)?.t);
  stored = (_: string, kept: Kept[]) =>
    this.call(() =>
      kept.filter((one) => this.points.some((it) => it.t === one.t && it.d === one.d)),
    );
  append = async (_: string, kept: Kept[], end: number) => {
    const insert = () => {
      if (end !== this.position) throw new Refused("index");
      if ((kept[0]?.t ?? 0) < (this.points.at(-1)?.t ?? 0)) throw new Refused("order");
      if (kept.some(({ d }) => d === "bad")) throw new Refused("schema");
      this.insert(kept);
    };
    if (this.lose() < 0.1) {
      this.delayed.push(insert);
      throw new Lost();
    }
    await this.call(insert);
  };
  merge = (_: string, kept: Kept[]) =>
    this.call(() => {
      if (!this.takesLate) throw new Refused("denied");
      if (kept.some(({ d }) => d === "bad")) throw new Refused("schema");
      this.insert(kept);
      this.points.sort((a, b) => a.t - b.t);
    });
  remove = (_: string, one: Kept) =>
    this.call(() => {
      this.points = this.points.filter((it) => it.t !== one.t || it.d !== one.d);
    });
  refusal = (error: unknown): ["race" | "content" | "late" | "other", string] => {
    const words = error instanceof Refused ? error.message : "";
    if (words === "index" || words === "order") return ["race", words];
    if (words === "schema") return ["content", words];
    return words === "denied" ? ["late", words] : ["other", words];
  };
  insert(points: Point[]) {
    this.points.push(...points.map(({ t, d }) => ({ t, d })));
    this.position += points.length;
  }
  arrive() {
    for (const late of this.delayed.splice(0)) {
      try {
        late();
      } catch {
        // Nobody hears of it.
      }
    }
  }
}

/** Sends until nothing is lost any more. */
async function sendAll(store: Store, stream: Stream): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    try {
      await send(PATH, store, stream);
      return;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      stream.arrive();
    }
  }
  throw new Error("never sent");
}

describe("what is kept", () => {
  it("is sent once and in order, whatever is lost, written by others or taken back", async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const [store, stream] = [new Memory(), new Stream()];
      stream.lose = next;
      let clock = 1000;
      let others = 0;
      stream.meanwhile = () => {
        if (next() < 0.1) stream.insert([{ t: clock, d: `other ${others++}` }]);
      };
      const wanted = new Map<number, unknown>();
      for (let i = 0; i < 40; i++) {
        // A clock may go back, or stand still. Another program is never ahead of it.
        if (next() < 0.8) clock += Math.round(next() * 3);
        const back = next() < 0.1 ? 500 : 0;
        const kept = await store.add(PATH, i, clock - back);
        wanted.set(kept.t, i);
        if (next() < 0.3) {
          await send(PATH, store, stream).catch(() => stream.arrive());
          clock += 1;
        }
        if (next() < 0.15) {
          await store.undo(kept);
          wanted.delete(kept.t);
        }
      }
      await sendAll(store, stream);
      stream.arrive();
      const own = stream.points.filter(({ d }) => typeof d === "number");
      const sorted = [...wanted].sort(([a], [b]) => a - b);
      expect(
        own.map(({ t, d }) => [t, d]),
        `seed ${seed}`,
      ).toEqual(sorted);
      expect(stream.points.filter(({ d }) => typeof d === "string").length).toBe(others);
      const times = stream.points.map(({ t }) => t);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(store.kept).toEqual([]);
    }
  });

  it("is sent in few requests", async () => {
    const [store, stream] = [new Memory(), new Stream()];
    stream.lose = () => 1;
    let requests = 0;
    stream.meanwhile = () => requests++;
    for (let i = 0; i < 250; i++) await store.add(PATH, i, 1000);
    await send(PATH, store, stream);
    expect(stream.points.map(({ d }) => d)).toEqual(Array.from({ length: 250 }, (_, i) => i));
    expect(stream.points[249]?.t).toBe(1000.249);
    expect(requests).toBeLessThanOrEqual(12);
  });

  it("waits and says why, if it is refused, and holds up nothing else", async () => {
    const [store, stream] = [new Memory(), new Stream()];
    stream.lose = () => 1;
    for (let i = 0; i < 30; i++) await store.add(PATH, i % 10 === 3 ? "bad" : i, 1000 + i);
    await send(PATH, store, stream);
    expect(stream.points.length).toBe(27);
    expect(store.kept.map(({ d, refused }) => [d, refused])).toEqual(
      Array(3).fill(["bad", "schema"]),
    );
    // What is taken back is gone, what is tried again is asked for again.
    const [first, second] = store.kept;
    if (first) await store.undo(first);
    if (second) await store.refuse(second, undefined);
    await send(PATH, store, stream);
    expect(store.kept.map(({ refused }) => refused)).toEqual(["schema", "schema"]);
  });

  it("is never moved in time: what is late waits where late values are not taken", async () => {
    const [store, stream] = [new Memory(), new Stream()];
    stream.lose = () => 1;
    stream.takesLate = false;
    stream.insert([{ t: 2000, d: "other" }]);
    await store.add(PATH, 1, 1999);
    await store.add(PATH, 2, 2000);
    await send(PATH, store, stream);
    expect(stream.points.map(({ t, d }) => [t, d])).toEqual([
      [2000, "other"],
      [2000, 2],
    ]);
    expect(store.kept).toEqual([{ path: PATH, t: 1999, d: 1, refused: "denied" }]);
    const [late] = store.kept;
    stream.takesLate = true;
    if (late) await store.refuse(late, undefined);
    await send(PATH, store, stream);
    expect(stream.points[0]).toEqual({ t: 1999, d: 1 });
    expect(store.kept).toEqual([]);
  });

  it("ends when the server takes nothing from the caller", async () => {
    const [store, stream] = [new Memory(), new Stream()];
    stream.lose = () => 1;
    stream.append = async () => {
      throw new Error("The requested stream was not found.");
    };
    await store.add(PATH, 1, 1000);
    await expect(send(PATH, store, stream)).rejects.toThrow("not found");
    expect(store.kept.length).toBe(1);
  });
});

describe("a time", () => {
  it("is that of the clock in milliseconds, or the next one that is free", () => {
    const taken = new Set([1.5, 1.501]);
    expect(freeTime(1.5, (t) => taken.has(t))).toBe(1.502);
    expect(freeTime(1_790_000_000.123, () => false)).toBe(1_790_000_000.123);
  });
});
