// One's own devices and streams, which the search needs: asked for when it is opened first, and again when the log
// of changes says that there are others.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Device, devices, type Stream, streams } from "../api/objects.ts";
import { useLive } from "./live.ts";

export interface Catalog {
  user: string;
  devices: Device[];
  streams: Stream[];
}

export const catalog = signal<Catalog | undefined>(undefined);

// Changes come in bursts, such as when a device is created with its streams.
const PAUSE = 300;

let asked: ReturnType<typeof setTimeout> | undefined;
let owner = "";
let isNeeded = false;

/** Asks again, a moment later. */
function refreshCatalog(): void {
  if (!isNeeded) return;
  clearTimeout(asked);
  asked = setTimeout(() => void load(owner), PAUSE);
}

async function load(user: string): Promise<void> {
  try {
    const [own, all] = await Promise.all([devices(user), streams(user)]);
    if (user === owner) catalog.value = { user, devices: own, streams: all };
  } catch {
    // What is shown stays. Pages that ask the server say what is wrong.
  }
}

/** Asks for what there is, unless it is known. */
export function needCatalog(): void {
  if (!isNeeded) void load(owner);
  isNeeded = true;
}

/** Keeps the catalog of a user up to date once it is needed, for as long as the frame is there. */
export function useCatalog(user: string): void {
  useEffect(() => {
    owner = user;
    isNeeded = false;
    catalog.value = undefined;
  }, [user]);
  useLive([`${user}/meta/log`], refreshCatalog);
}
