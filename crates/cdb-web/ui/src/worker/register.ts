// Has the browser keep the page, so that it opens without a connection, and finds out when the server has a
// new version of it.

import { signal } from "@preact/signals";

/** The files of this version: the server puts its digest in. */
const BASE = import.meta.env.BASE_URL;

/** How often a page that stays open asks for a new version, in milliseconds. */
const INTERVAL = 3_600_000;

/** Whether the server has another version of this page. */
export const isOutdated = signal(false);

/** Whether this page opens without a connection; `undefined` until that is known. */
export const isInstalled = signal<boolean | undefined>(undefined);

export function register(): void {
  void install();
  let asked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - asked < INTERVAL) return;
    asked = Date.now();
    void look();
  });
}

/** There are no workers over plain http, but on localhost. */
async function install(): Promise<void> {
  if (!("serviceWorker" in navigator)) {
    isInstalled.value = false;
    return;
  }
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    const script = navigator.serviceWorker.controller?.scriptURL;
    // Another tab has loaded another version.
    if (script && !script.includes(BASE)) isOutdated.value = true;
  });
  try {
    await navigator.serviceWorker.register(script() as string, { scope: "/" });
    await navigator.serviceWorker.ready;
    isInstalled.value = true;
  } catch {
    // An older server, or a browser that is told to keep nothing.
    isInstalled.value = false;
  }
}

// The types of the page do not know of it yet.
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: () => string },
  ): {
    createScriptURL: (address: string) => unknown;
  };
}

/** The address of the worker, as a page wants it that lets no text be an address of a script. */
function script(): unknown {
  const address = `${BASE}sw.js`;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("worker", { createScriptURL: () => address });
  return policy?.createScriptURL(address) ?? address;
}

/** Asks which version the server has: it is in the tag of the page. */
export async function look(): Promise<void> {
  try {
    const headers = { accept: "text/html" };
    const { headers: answer } = await fetch("/", { method: "HEAD", headers, cache: "no-store" });
    const digest = /"(\w+)"/.exec(answer.get("etag") ?? "")?.[1];
    if (digest && !BASE.includes(digest)) isOutdated.value = true;
  } catch {
    // Without a connection there is no new version.
  }
}
