// What the queue of kept values asks the server for.

import { canonical } from "../data/canonical.ts";
import type { Refusal, Server } from "../data/queue-send.ts";
import type { Kept } from "../data/queue-store.ts";
import { text } from "../text/en.ts";
import { ApiError, request } from "./http.ts";
import { type Datapoint, newest, removeAt } from "./objects.ts";

/** After so long, in milliseconds, an answer is taken for lost. */
const PATIENCE = 20_000;

/** The most datapoints in one answer. */
const PAGE = 1000;

async function ask(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
  return await request(method, path, body, AbortSignal.timeout(PATIENCE));
}

/** The number before: ranges of time are open at their start. */
export function below(t: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, t);
  bits.setBigUint64(0, bits.getBigUint64(0) - 1n);
  return bits.getFloat64(0);
}

/** All datapoints in a range of time, page by page. */
async function between(path: string, from: number, until: number): Promise<Datapoint[]> {
  const all: Datapoint[] = [];
  for (let after = below(from); ; ) {
    const bounds = `t1=${after}&t2=${until}&limit=${PAGE}`;
    const page = (await ask("GET", `crud/${path}/data?${bounds}`)) as Datapoint[];
    all.push(...page);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return all;
    // Others of the same time may be on the next page.
    after = page[0]?.t === last.t ? last.t : below(last.t);
  }
}

async function remove(path: string, { t, d }: Kept): Promise<void> {
  const first = (await ask("GET", `crud/${path}/data?q=time2index&t=${below(t)}`)) as number;
  const points = await between(path, t, t);
  const at = points.findIndex((point) => canonical(point.d ?? null) === canonical(d));
  if (at >= 0) await removeAt(path, first + at, { ...points[at], t, d: points[at]?.d ?? null });
}

function refusal(error: unknown, isLate: boolean): [Refusal, string] {
  if (!(error instanceof ApiError)) return ["other", String(error)];
  const { message, code, reference, kind = "" } = error;
  const words = reference ? `${message} (${text.errors.reference(reference)})` : message;
  if (["order", "index"].includes(kind)) return ["race", words];
  if (["schema", "malformed", "too_large"].includes(kind) || code === 413)
    return ["content", words];
  if (isLate && ["denied", "invalid"].includes(kind)) return ["late", text.kept.late(words)];
  return ["other", words];
}

const points = (kept: Kept[]) => kept.map(({ t, d }) => ({ t, d }));

export const server: Server = {
  end: async (path) => Number(await ask("GET", `crud/${path}/data?q=end`)),
  last: async (path) => (await newest(path, 1))[0]?.t,
  stored: async (path, kept) => {
    const from = kept[0]?.t ?? 0;
    const found = await between(path, from, kept.at(-1)?.t ?? from);
    const inStream = new Set(found.map(({ t, d }) => `${t} ${canonical(d ?? null)}`));
    return kept.filter(({ t, d }) => inStream.has(`${t} ${canonical(d)}`));
  },
  append: async (path, kept, end) => {
    await ask("POST", `crud/${path}/data?index=${end}`, points(kept));
  },
  merge: async (path, kept) => {
    await ask("POST", `crud/${path}/data?q=merge`, points(kept));
  },
  remove,
  refusal,
};
