// What people note is kept in the browser first, and forgotten when the server has it. So nothing is lost when
// the connection is, or when the browser is closed before the answer is there.

import { computed, effect, signal } from "@preact/signals";
import { ApiError, isReached } from "../api/http.ts";
import { server } from "../api/kept.ts";
import { hasEnded, load, session } from "../api/session.ts";
import { alone } from "./alone.ts";
import { send } from "./queue-send.ts";
import { type Kept, store } from "./queue-store.ts";

/** How long a person waits for the server, before a value counts as kept, in milliseconds. */
const PATIENCE = 5000;

// The first and the longest pause before what is kept is sent again, in milliseconds.
const MIN_PAUSE = 5000;
const MAX_PAUSE = 60_000;

/** How often the server is asked whether it is there again, in milliseconds. */
const PROBE = 3000;

/** All tabs of one browser hear of changes of what is kept. */
const channel = new BroadcastChannel("cdb-kept");

const kept = signal<Kept[]>([]);

/** Those that are being noted at this moment: the server is about to have them. */
const fresh = signal<Kept[]>([]);

/** The values of the person who is logged in that wait for the connection, oldest first. */
export const waiting = computed(() => {
  const isFresh = (one: Kept) => fresh.value.some((it) => isSame(it, one));
  return kept.value.filter((it) => isOwn(it.path) && !it.isUndone && !isFresh(it));
});

function isSame(a: Kept, b: Kept): boolean {
  return a.path === b.path && a.t === b.t;
}

/** Only a device itself writes into its streams. */
function isOwn(path: string): boolean {
  return path.startsWith(`${session.value?.device}/`);
}

async function look(): Promise<void> {
  kept.value = await store.all();
}

async function changed(): Promise<void> {
  await look();
  channel.postMessage(null);
}

export interface Noted {
  kept: Kept;
  /** Whether the server has it already. */
  isSent: boolean;
}

/** Notes a value of now. Fails if the server refuses it; without a connection, it is kept. */
export async function note(path: string, d: unknown): Promise<Noted> {
  const now = Date.now() / 1000;
  let one: Kept;
  try {
    one = await store.add(path, d, now);
  } catch {
    // The browser keeps nothing: it is told to, or its disk is full.
    await server.append(path, [{ path, t: now, d }], await server.end(path));
    return { kept: { path, t: now, d }, isSent: true };
  }
  // Otherwise browsers may delete it when the disk is full.
  void navigator.storage?.persist?.();
  if (navigator.onLine) {
    fresh.value = [...fresh.value, one];
    await Promise.race([flush(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    fresh.value = fresh.value.filter((it) => it !== one);
  }
  await changed();
  const left = kept.value.find((it) => isSame(it, one));
  if (left?.refused !== undefined) {
    await forget(left);
    throw new ApiError(left.refused, 403);
  }
  return { kept: one, isSent: left === undefined };
}

/** Takes a value back, on the server, too, if it has it. Without a connection, that is done later. */
export async function takeBack(one: Kept): Promise<void> {
  await store.undo(one);
  await changed();
  if (navigator.onLine) await flush();
}

/** Tries a value again that was refused. */
export async function tryAgain(one: Kept): Promise<void> {
  await store.refuse(one, undefined);
  await changed();
  await flush();
}

/** Forgets values that the server does not have. */
export async function forget(...values: Kept[]): Promise<void> {
  await store.drop(values);
  await changed();
}

let timer: ReturnType<typeof setTimeout> | undefined;
let pause = MIN_PAUSE;

/** Sends what is kept. What is not sent is tried again later. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  try {
    await alone(sendAll);
    pause = MIN_PAUSE;
  } catch {
    timer = setTimeout(flush, pause);
    pause = Math.min(2 * pause, MAX_PAUSE);
  }
  await changed();
}

async function sendAll(): Promise<void> {
  const all = (await store.all()).filter(({ path }) => isOwn(path));
  const due = all.filter(({ isUndone, refused }) => isUndone || refused === undefined);
  for (const path of new Set(due.map((it) => it.path))) {
    try {
      await send(path, store, server);
    } catch (error) {
      if (isTemporary(error) || (await hasEnded(error))) throw error;
      await giveUp(path, error);
    }
  }
}

/** Whether the same request may succeed later. */
function isTemporary(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.code === 0 || error.code >= 500 || [401, 408, 429].includes(error.code);
}

/** The server takes nothing for a stream: it was deleted, say. */
async function giveUp(path: string, error: unknown): Promise<void> {
  const [, words] = server.refusal(error, false);
  for (const one of (await store.all()).filter((it) => it.path === path)) {
    if (one.isUndone) await store.drop([one]);
    else await store.refuse(one, words);
  }
}

/** Sends what is kept whenever the server can be reached again. */
export function start(): void {
  channel.onmessage = () => void look();
  addEventListener("online", () => {
    isReached.value = true;
  });
  addEventListener("offline", () => {
    isReached.value = false;
  });
  const who = computed(() => session.value?.device);
  let wasReached = isReached.peek();
  effect(() => {
    // Whoever was logged in before the connection was lost may not be any more.
    if (isReached.value && !wasReached) load().catch(() => {});
    wasReached = isReached.value;
    if (isReached.value && who.value !== undefined) void flush();
  });
  // Where nothing else is asked for. The browser says that it is online a little too early.
  setInterval(() => {
    if (!isReached.value && document.visibilityState === "visible") load().catch(() => {});
  }, PROBE);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && waiting.value.length > 0) void flush();
  });
  void look();
}
