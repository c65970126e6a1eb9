// Requests of an upload. Values are sent as they were written, with all their digits.

import { ApiError } from "../api/http.ts";
import { text } from "../text/en.ts";

const API = "/api/v1/crud/";

/** An answer that is an error, with what kind of error it is. */
export class Refused extends ApiError {
  constructor(message: string, code: number, kind: string, reference?: string) {
    super(message, code, reference, kind);
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.code === 0 || this.code === 429 || this.code >= 500;
  }
}

async function ask(method: "GET" | "POST", path: string, body?: string): Promise<string> {
  let response: Response;
  let answer: string;
  try {
    response = await fetch(API + path, { method, ...(body === undefined ? {} : { body }) });
    answer = await response.text();
  } catch {
    throw new Refused(text.errors.network, 0, "");
  }
  if (response.ok) return answer;
  let parsed: { msg?: string; kind?: string; ref?: string } = {};
  try {
    parsed = JSON.parse(answer);
  } catch {
    // What is between the server and the browser has answered.
  }
  const { msg = text.errors.odd, kind = "", ref } = parsed;
  throw new Refused(msg, response.status, kind, ref);
}

/** What is asked of a stream while its points are sent. */
export interface StreamApi {
  /** The next position: see `q=end`. */
  end: () => Promise<number>;
  length: () => Promise<number>;
  /** How many datapoints have a time up to this one. */
  indexAfter: (t: number) => Promise<number>;
  range: (i1: number, i2: number) => Promise<{ t?: number; d?: unknown }[]>;
  /** Adds points at the end, if that is still at a position. */
  append: (position: number, body: string) => Promise<void>;
  /** Sorts points in. */
  merge: (body: string) => Promise<void>;
}

export function streamApi(path: string): StreamApi {
  const data = `${path}/data`;
  return {
    end: async () => Number(await ask("GET", `${data}?q=end`)),
    length: async () => Number(await ask("GET", `${data}?q=length`)),
    indexAfter: async (t) => Number(await ask("GET", `${data}?q=time2index&t=${t}`)),
    range: async (i1, i2) => JSON.parse(await ask("GET", `${data}?i1=${i1}&i2=${i2}`)),
    append: async (position, body) => {
      await ask("POST", `${data}?index=${position}`, body);
    },
    merge: async (body) => {
      await ask("POST", `${data}?q=merge`, body);
    },
  };
}
