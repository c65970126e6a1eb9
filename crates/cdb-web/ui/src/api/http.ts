// Requests to the server that the page came from. The cookie of the session goes with them.

import { signal } from "@preact/signals";
import { text } from "../text/en.ts";

const API = "/api/v1/";

/** Whether the server was reached the last time. */
export const isReached = signal(navigator.onLine);

/** An answer that is an error, in the server's words, or none at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The status; 0 if the server was not reached. */
    readonly code: number,
    /** What the log of the server has the error under. */
    readonly reference?: string,
    /** What kind of error it is, as a word that stays while messages change. */
    readonly kind?: string,
  ) {
    super(message);
  }
}

/**
 * Sends a request, and returns its answer: JSON, or a word such as `ok`. If the signal is aborted, its reason
 * is thrown.
 */
export async function request(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const [response, answer] = await received(signal, async () => {
    const response = await fetch(API + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    return [response, await response.text()] as const;
  });
  return understood(response, answer);
}

/** Sends a request as somebody with a password, whoever is logged in on this page. */
export async function requestAs(
  user: string,
  password: string,
  method: "PUT",
  path: string,
  body: unknown,
): Promise<unknown> {
  const login = new TextEncoder().encode(`${user}:${password}`);
  const authorization = `Basic ${btoa(String.fromCharCode(...login))}`;
  const [response, answer] = await received(undefined, async () => {
    const response = await fetch(API + path, {
      method,
      // Without the cookie, so that the password is what is looked at.
      credentials: "omit",
      headers: { authorization },
      body: JSON.stringify(body),
    });
    return [response, await response.text()] as const;
  });
  return understood(response, answer);
}

/** Asks for numbers, which come as floats of eight bytes in place of JSON. */
export async function floats(path: string, signal?: AbortSignal): Promise<Float64Array> {
  const [response, bytes] = await received(signal, async () => {
    const headers = { accept: "application/octet-stream" };
    const response = await fetch(API + path, { headers, ...(signal ? { signal } : {}) });
    return [response, await response.arrayBuffer()] as const;
  });
  if (response.ok) return new Float64Array(bytes);
  understood(response, new TextDecoder().decode(bytes));
  throw new ApiError(text.errors.odd, response.status);
}

/** Says in words that the server was not reached. A request that was given up fails with the reason. */
async function received<T>(signal: AbortSignal | undefined, fetch: () => Promise<T>): Promise<T> {
  try {
    const answer = await fetch();
    isReached.value = true;
    return answer;
  } catch {
    signal?.throwIfAborted();
    isReached.value = false;
    throw new ApiError(text.errors.network, 0);
  }
}

/** Returns what an answer says, or throws the error that it is. */
function understood(response: Response, answer: string): unknown {
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  let parsed: unknown = answer;
  if (isJson) {
    try {
      parsed = JSON.parse(answer);
    } catch {
      throw new ApiError(text.errors.odd, response.status);
    }
  }
  if (response.ok) return parsed;
  const { msg, ref, kind } = (isJson ? parsed : {}) as Record<string, string | undefined>;
  throw new ApiError(msg ?? text.errors.odd, response.status, ref, kind);
}
