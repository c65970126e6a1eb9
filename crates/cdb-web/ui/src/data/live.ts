// The websocket, which says at once that something was written to a stream. What was written is then asked
// for as otherwise, so that a message that was lost costs nothing but time.

import { useEffect } from "preact/hooks";
import { connected, disconnected } from "./connection.ts";

const PATH = "/api/v1/websocket";

// The first and the longest pause before the connection is opened again, in milliseconds.
const MIN_PAUSE = 500;
const MAX_PAUSE = 30_000;

// How long the connection stays when nobody wants to hear of anything, in milliseconds.
const LINGER = 2000;

let socket: WebSocket | undefined;
let pause = MIN_PAUSE;

/** How many want to hear of a stream. */
const wanted = new Map<string, Set<() => void>>();

function send(cmd: string, arg: string): void {
  // With every key: the original server takes missing ones from the command before.
  const command = JSON.stringify({ cmd, arg, transform: "" });
  if (socket?.readyState === WebSocket.OPEN) socket.send(command);
}

function open(): void {
  socket = new WebSocket(location.origin.replace(/^http/, "ws") + PATH);
  let wasOpen = false;
  socket.onopen = () => {
    wasOpen = true;
    connected();
    pause = MIN_PAUSE;
    closeUnused();
    for (const [path, calls] of wanted) {
      send("subscribe", path);
      // Something may have been written before.
      for (const call of calls) call();
    }
  };
  socket.onmessage = ({ data }) => {
    const { stream } = JSON.parse(data) as { stream?: string };
    for (const call of wanted.get(stream ?? "") ?? []) call();
  };
  socket.onclose = () => {
    socket = undefined;
    disconnected(wasOpen);
    setTimeout(() => {
      if (!socket && wanted.size > 0) open();
    }, pause);
    pause = Math.min(2 * pause, MAX_PAUSE);
  };
}

addEventListener("online", () => {
  if (!socket && wanted.size > 0) open();
});

/** The next page may want something again. */
function closeUnused(): void {
  // One that is being opened is closed when it is open: otherwise the browser calls it an error.
  if (wanted.size === 0 && socket?.readyState === WebSocket.OPEN) socket.close();
}

/** Calls a function when something was written to one of some streams, for as long as the page is there. */
export function useLive(paths: string[], call: () => void): void {
  const key = paths.join(" ");
  useEffect(() => {
    const streams = key.split(" ").filter(Boolean);
    for (const path of streams) {
      const calls = wanted.get(path);
      if (calls) calls.add(call);
      else {
        wanted.set(path, new Set([call]));
        send("subscribe", path);
      }
    }
    if (!socket && streams.length > 0) open();
    return () => {
      for (const path of streams) {
        const calls = wanted.get(path);
        calls?.delete(call);
        if (calls?.size === 0) {
          wanted.delete(path);
          send("unsubscribe", path);
        }
      }
      setTimeout(closeUnused, LINGER);
    };
  }, [key, call]);
}
