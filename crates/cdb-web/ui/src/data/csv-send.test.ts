import { describe, expect, it } from "vitest";
import { Refused, type StreamApi } from "./csv-http.ts";
import type { Points } from "./csv-order.ts";
import { markThere, sendAll } from "./csv-send.ts";

type Point = { t: number; d: unknown };

/** A stream that does what the server does, and whose connection breaks as it is told. */
class FakeStream implements StreamApi {
  requests = 0;

  constructor(
    readonly points: Point[],
    /** What happens to a request: it is lost before it arrives, or its answer is. */
    private readonly breaks: (request: number) => "before" | "after" | undefined = () => undefined,
    private readonly fits: (d: unknown) => boolean = () => true,
  ) {}

  async end() {
    return this.points.length;
  }

  async length() {
    return this.points.length;
  }

  async indexAfter(t: number) {
    return this.points.filter((point) => point.t <= t).length;
  }

  async range(i1: number, i2: number) {
    return this.points.slice(i1, i2);
  }

  async append(position: number, body: string) {
    await this.write(() => {
      const points = JSON.parse(body) as Point[];
      this.check(points);
      if (position !== this.points.length) throw new Refused("", 403, "index");
      const last = this.points.at(-1);
      if (last && points[0] && points[0].t < last.t) throw new Refused("", 403, "order");
      this.points.push(...points);
    });
  }

  async merge(body: string) {
    await this.write(() => {
      const points = JSON.parse(body) as Point[];
      this.check(points);
      this.points.push(...points);
      this.points.sort((a, b) => a.t - b.t);
    });
  }

  private check(points: Point[]) {
    if (!points.every(({ d }) => this.fits(d))) throw new Refused("does not fit", 403, "schema");
  }

  private async write(work: () => void) {
    this.requests += 1;
    const broken = this.breaks(this.requests);
    if (broken === "before") throw new Refused("", 0, "");
    work();
    if (broken === "after") throw new Refused("", 0, "");
  }
}

function pointsOf(all: [number, string][]): Points {
  return {
    rows: Uint32Array.from(all, (_, i) => i + 2),
    t: Float64Array.from(all, ([t]) => t),
    json: all.map(([, json]) => json),
  };
}

async function send(stream: FakeStream, points: Points, canAppend = true) {
  const there = new Uint8Array(points.t.length);
  await markThere(stream, points, there);
  const before = there.reduce((sum, it) => sum + it, 0);
  const refused: [number, string][] = [];
  await sendAll({
    api: stream,
    points,
    there,
    canAppend,
    lastT: stream.points.at(-1)?.t,
    onProgress: () => {},
    onRefused: (index, reason) => refused.push([index, reason]),
    isStopped: () => false,
  });
  return { before, refused };
}

const many = pointsOf(Array.from({ length: 45_000 }, (_, i) => [i + 1, `${i % 10}`]));

describe("sending", () => {
  it("stores each point once, however answers are lost", async () => {
    const lost = new FakeStream([], (n) => (["after", "before", undefined] as const)[n % 3]);
    await send(lost, many);
    expect(lost.points).toHaveLength(45_000);
    expect(lost.points.every(({ t, d }, i) => t === i + 1 && d === i % 10)).toBe(true);
    const again = await send(lost, many);
    expect(again.before).toBe(45_000);
    expect(lost.points).toHaveLength(45_000);
  });

  it("sorts in what is older, of which some is there", async () => {
    const stream = new FakeStream(
      [
        { t: 2, d: 20 },
        { t: 4, d: 40 },
      ],
      (n) => (n === 1 ? "after" : undefined),
    );
    const points = pointsOf([
      [1, "10"],
      [2, "20.0"],
      [2, "21"],
      [4, "40"],
      [5, "50"],
    ]);
    const { before } = await send(stream, points);
    expect(before).toBe(2);
    expect(stream.points.map(({ d }) => d)).toEqual([10, 20, 21, 40, 50]);
    const other = new FakeStream([]);
    await send(other, points, false);
    expect(other.points.map(({ d }) => d)).toEqual([10, 20, 21, 40, 50]);
  });

  it("leaves out what the server does not take", async () => {
    const stream = new FakeStream([], undefined, (d) => d !== 7);
    const points = pointsOf(Array.from({ length: 100 }, (_, i) => [i + 1, `${i}`]));
    const { refused } = await send(stream, points);
    expect(refused).toEqual([[7, "does not fit"]]);
    expect(stream.points).toHaveLength(99);
  });

  it("goes on when another program writes meanwhile", async () => {
    const stream = new FakeStream([], (n) => {
      if (n === 2) stream.points.push({ t: 100_000, d: "other" });
      return undefined;
    });
    await send(stream, many);
    expect(stream.points).toHaveLength(45_001);
    expect(new Set(stream.points.map(({ t }) => t)).size).toBe(45_001);
  });

  it("ends with an error that trying again does not help", async () => {
    const denied = new FakeStream([]);
    denied.append = async () => {
      throw new Refused("Write access to stream data denied.", 403, "denied");
    };
    await expect(send(denied, many)).rejects.toThrow("Write access");
  });
});
