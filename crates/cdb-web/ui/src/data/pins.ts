// The streams that are pinned to the side bar: kept on the server, and here for the next time.

import { signal } from "@preact/signals";
import { keepPinned, pinned } from "../api/kept-order.ts";
import { remember, remembered } from "./remembered.ts";

/** Their paths, in the order in which they were pinned. */
export const pins = signal<string[]>([]);

let owner = "";

function show(user: string, paths: string[]): void {
  remember(`pinned:${user}`, paths);
  pins.value = paths;
}

/** Asks for what a user has pinned, unless it is known. */
export async function needPins(user: string): Promise<void> {
  if (owner === user) return;
  owner = user;
  pins.value = remembered<string[]>(`pinned:${user}`) ?? [];
  try {
    show(user, await pinned(user));
  } catch {
    // What was known the last time stays, until somebody needs it again.
    owner = "";
  }
}

/** Pins a stream, or takes it off. */
export async function togglePin(user: string, path: string): Promise<void> {
  // Another browser may have pinned others meanwhile.
  const before = await pinned(user);
  const isPinned = pins.peek().includes(path);
  const others = before.filter((it) => it !== path);
  const after = isPinned ? others : [...others, path];
  await keepPinned(user, after);
  show(user, after);
}
