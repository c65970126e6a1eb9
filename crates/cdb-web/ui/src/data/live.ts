// The websocket, which says at once that something was written to a stream. Who shows datapoints takes them
// from its messages; others ask for what they show as otherwise, so that a message that was lost costs nothing
// but time.

import { useEffect } from "preact/hooks";
import type { Datapoint } from "../api/objects.ts";
import { connected, disconnected } from "./connection.ts";
import type { LiveEvent } from "./tail.ts";

// With answers, which say where in a stream the datapoints of a message are.
const PATH = "/api/v1/websocket?answers=true";

// The first and the longest pause before the connection is opened again, in milliseconds.
const MIN_PAUSE = 500;
const MAX_PAUSE = 30_000;

// How long the connection stays when nobody wants to hear of anything, in milliseconds.
const LINGER = 2000;

let socket: WebSocket | undefined;
let pause = MIN_PAUSE;

/** Is called with what happens to a stream. */
export type Listener = (event: LiveEvent) => void;

/** Who wants to hear of a stream. */
const wanted = new Map<string, Set<Listener>>();

/** The streams of subscriptions that were not answered yet. */
const asked = new Map<number, string>();
let lastId = 0;

/** What the server sends. */
interface Frame {
  stream?: string;
  data?: Partial<Datapoint>[];
  index?: number;
  end?: number;
  replaced?: { first: number; last: number; end: number; corrections: number };
  answer?: number;
  joined?: { index?: number; incarnation: number; corrections?: number };
}

function send(cmd: string, arg: string): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  lastId += 1;
  if (cmd === "subscribe") asked.set(lastId, arg);
  // With every key: the original server takes missing ones from the command before.
  socket.send(JSON.stringify({ cmd, arg, transform: "", id: lastId }));
}

function tell(stream: string | undefined, event: LiveEvent): void {
  for (const listener of wanted.get(stream ?? "") ?? []) listener(event);
}

function receive({ stream, data, index, end, replaced, answer, joined }: Frame): void {
  if (answer !== undefined) {
    const path = asked.get(answer);
    asked.delete(answer);
    if (!joined) return;
    const { incarnation, corrections = 0 } = joined;
    tell(path, { kind: "joined", index: joined.index, incarnation, corrections });
  } else if (data) {
    const points = data.map((point) => ({ ...point, t: point.t ?? 0, d: point.d ?? null }));
    tell(stream, { kind: "written", points, index, end });
  } else if (replaced) tell(stream, { kind: "replaced", ...replaced });
}

function open(): void {
  socket = new WebSocket(location.origin.replace(/^http/, "ws") + PATH);
  socket.onopen = () => {
    connected();
    pause = MIN_PAUSE;
    asked.clear();
    closeUnused();
    for (const path of wanted.keys()) send("subscribe", path);
  };
  socket.onmessage = ({ data }) => receive(JSON.parse(data) as Frame);
  socket.onclose = () => {
    socket = undefined;
    // One that nobody needs is closed by this page.
    if (wanted.size > 0) disconnected();
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

/** Calls a function with what happens to a stream, until the returned function is called. */
export function listen(path: string, listener: Listener): () => void {
  const listeners = wanted.get(path) ?? new Set();
  wanted.set(path, listeners.add(listener));
  // Another listener may have been told that it has begun, but this one was not.
  send("subscribe", path);
  if (!socket) open();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      wanted.delete(path);
      send("unsubscribe", path);
    }
    setTimeout(closeUnused, LINGER);
  };
}

/** Calls a function when something was written to one of some streams, for as long as the page is there. */
export function useLive(paths: string[], call: () => void): void {
  const key = paths.join(" ");
  useEffect(() => {
    const streams = key.split(" ").filter(Boolean);
    // What happened before one heard of it may be new, too.
    const ends = streams.map((path) => listen(path, call));
    return () => {
      for (const end of ends) end();
    };
  }, [key, call]);
}
