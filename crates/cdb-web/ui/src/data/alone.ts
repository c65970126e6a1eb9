// Tabs of one browser send one after the other.

import { endLease, lease } from "./queue-store.ts";

/** What stands for sending, among the locks of a browser. */
const NAME = "cdb-kept";

// Without locks, how often a tab asks whether it may send, and says that it still does, in milliseconds.
const ASK = 500;
const RENEW = 5000;

const holder = `${Date.now()} ${Math.random()}`;

let before: Promise<void> = Promise.resolve();

/** Runs something while no other tab does. A tab that is closed meanwhile does not stop the others. */
export async function alone(work: () => Promise<void>): Promise<void> {
  if (navigator.locks) {
    await navigator.locks.request(NAME, work);
    return;
  }
  // There are no locks over plain http.
  const next = before.then(() => leased(work));
  before = next.catch(() => {});
  await next;
}

async function leased(work: () => Promise<void>): Promise<void> {
  while (!(await lease(holder))) await new Promise((resolve) => setTimeout(resolve, ASK));
  const renewal = setInterval(() => void lease(holder), RENEW);
  try {
    await work();
  } finally {
    clearInterval(renewal);
    await endLease(holder);
  }
}
