// The worker that reads a file, as the page sees it.

import type { FromWorker, ToWorker } from "./csv-messages.ts";
import url from "./csv-worker.ts?worker&url";

interface TrustedTypes {
  createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => { createScriptURL: (url: string) => string };
}

/** The policy of the page wants to know of each address of a script that it is no one else's. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (!trustedTypes) return url;
  policy ??= trustedTypes.createPolicy("upload", { createScriptURL: () => url });
  return policy.createScriptURL(url);
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

export interface Reader {
  tell: (message: ToWorker) => void;
  close: () => void;
}

export function openReader(heard: (message: FromWorker) => void): Reader {
  const worker = new Worker(trusted(url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard(data);
  return {
    tell: (message) => worker.postMessage(message),
    close: () => worker.terminate(),
  };
}
