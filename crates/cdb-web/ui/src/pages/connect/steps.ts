// How far one is: before the device exists in the page alone, and then by its name in the address.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Stream } from "../../api/objects.ts";
import type { Action } from "../../data/action.ts";
import { go, search } from "../../route.ts";
import type { Identity, Planned } from "./device.ts";
import * as device from "./device.ts";

const NOBODY: Identity = { name: "", nickname: "", role: "none" };

export interface Connecting {
  /** Whether what is in the address was looked up. */
  isReady: boolean;
  /** The step that is open; 3 is where the key is shown. */
  step: number;
  identity: Identity;
  /** The path of the device; empty before it exists. */
  path: string;
  /** Its key, if it was made on this page. */
  key: string | undefined;
  streams: Stream[];
  /** What was chosen for its streams. */
  planned: Planned[];
  /** The language of the lines that are shown. */
  language: string;
  open: (step: number) => void;
  define: (identity: Identity) => void;
  plan: (planned: Planned[]) => void;
  renew: () => void;
}

export function useConnecting(user: string, { run }: Action): Connecting {
  const options = new URLSearchParams(search.value);
  const name = options.get("device") ?? "";
  const step = useSignal(1);
  const identity = useSignal(NOBODY);
  const path = useSignal("");
  const key = useSignal<string | undefined>(undefined);
  const streams = useSignal<Stream[]>([]);
  const planned = useSignal<Planned[]>([]);
  const isReady = useSignal(name === "");

  const look = async (at: string) => {
    identity.value = await device.read(at);
    streams.value = await device.streamsOf(at);
    path.value = at;
    step.value = streams.value.length === 0 ? 2 : 3;
  };
  useEffect(() => {
    const at = `${user}/${name}`;
    if (name === "") {
      // The button of the browser leads back to the beginning.
      path.value = "";
      streams.value = [];
      key.value = undefined;
      step.value = 1;
    } else if (at !== path.value) {
      key.value = undefined;
      void run(() => look(at)).then(() => {
        isReady.value = true;
      });
    }
  }, [user, name]);

  return {
    isReady: isReady.value,
    step: step.value,
    identity: identity.value,
    path: path.value,
    key: key.value,
    streams: streams.value,
    planned: planned.value,
    language: options.get("with") ?? "curl",
    open: (to) => {
      step.value = to;
    },
    define: (to) => {
      void run(async () => {
        if (path.value) await device.rename(path.value, identity.value, to);
        identity.value = to;
        step.value = streams.value.length > 0 ? 3 : 2;
      });
    },
    plan: (rows) => {
      void run(async () => {
        const at = path.value || `${user}/${identity.value.name}`;
        planned.value = rows;
        if (!path.value) {
          key.value = await device.create(at, identity.value);
          path.value = at;
          go(`/app/connect?device=${identity.value.name}`);
        }
        await device.createStreams(at, rows);
        await look(at);
      });
    },
    renew: () => {
      void run(async () => {
        key.value = await device.newKey(path.value);
      });
    },
  };
}
