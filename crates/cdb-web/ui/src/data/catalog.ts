// One's own devices and streams, which several pages and the search need: asked for once, and again when the
// log of changes says that there are others.

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

/** Asks for what there is, a moment later. */
export function refreshCatalog(): void {
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

/** Keeps the catalog of a user, for as long as the frame is there. */
export function useCatalog(user: string): void {
  useEffect(() => {
    owner = user;
    catalog.value = undefined;
    void load(user);
  }, [user]);
  useLive([`${user}/meta/log`], refreshCatalog);
}
