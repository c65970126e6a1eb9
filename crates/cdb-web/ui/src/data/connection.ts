// Whether the server is reached: what the frame says of it.

import { computed, signal } from "@preact/signals";
import { isReached } from "../api/http.ts";

export type Connection = "live" | "reconnecting" | "offline";

/** Whether the websocket is open, or will be as soon as somebody needs it: `live.ts` tells it. */
const isOpen = signal(false);

/** Whether the browser has a network at all. */
const hasNetwork = signal(navigator.onLine);

addEventListener("online", () => {
  hasNetwork.value = true;
});
addEventListener("offline", () => {
  hasNetwork.value = false;
});

export const connection = computed<Connection>(() =>
  hasNetwork.value && isReached.value ? (isOpen.value ? "live" : "reconnecting") : "offline",
);

/** The websocket is open. */
export function connected(): void {
  isOpen.value = true;
}

/** The websocket has ended, or could not be opened, and is opened again after a pause. */
export function disconnected(): void {
  isOpen.value = false;
}
