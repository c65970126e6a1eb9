// Whether the server is reached: what the frame says of it.

import { computed, signal } from "@preact/signals";
import { isReached } from "../api/http.ts";

export type Connection = "live" | "reconnecting" | "offline";

/** How the websocket is, as `live.ts` tells it. */
const socket = signal<Connection>("reconnecting");

/** Whether the browser has a network at all. */
const hasNetwork = signal(navigator.onLine);

addEventListener("online", () => {
  hasNetwork.value = true;
});
addEventListener("offline", () => {
  hasNetwork.value = false;
});

export const connection = computed<Connection>(() =>
  hasNetwork.value && isReached.value ? socket.value : "offline",
);

/** The websocket is open. */
export function connected(): void {
  socket.value = "live";
}

/** The websocket has ended, or could not be opened, and is opened again after a pause. */
export function disconnected(wasOpen: boolean): void {
  socket.value = wasOpen ? "reconnecting" : "offline";
}
