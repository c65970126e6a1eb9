// Answers that are too long to wait for.

import { text } from "../text/en.ts";
import { ApiError } from "./http.ts";

/** Asks for something, and returns the pieces of the answer as they come. */
export async function* pieces(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const response = await fetched(path, signal);
  if (!response.ok || !response.body) {
    const { msg, ref } = await response.json().catch(() => ({}));
    throw new ApiError(msg ?? text.errors.odd, response.status, ref);
  }
  const reader = response.body.getReader();
  for (;;) {
    // What was cut short fails here.
    const { done, value } = await reader.read().catch(() => {
      throw new ApiError(text.errors.network, 0);
    });
    if (done) return;
    yield value;
  }
}

async function fetched(path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(`/api/v1/${path}`, { signal });
  } catch {
    throw new ApiError(text.errors.network, 0);
  }
}
