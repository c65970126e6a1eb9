// Requests to the server that the page came from. The cookie of the session goes with them.

import { text } from "../text/en.ts";

const API = "/api/v1/";

/** An answer that is an error, in the server's words, or none at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The status; 0 if the server was not reached. */
    readonly code: number,
    /** What the log of the server has the error under. */
    readonly reference?: string,
  ) {
    super(message);
  }
}

/**
 * Sends a request, and returns its answer: JSON, or a word such as `ok`. If the signal is aborted, its reason
 * is thrown.
 */
export async function request(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  let response: Response;
  let answer: string;
  try {
    response = await fetch(API + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    answer = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw new ApiError(text.errors.network, 0);
  }
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
  const { msg, ref } = (isJson ? parsed : {}) as { msg?: string; ref?: string };
  throw new ApiError(msg ?? text.errors.odd, response.status, ref);
}
