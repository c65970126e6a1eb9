// Finds pages, devices and streams by some letters of their names. No DOM.

import type { Catalog } from "./catalog.ts";
import { BY_HAND, deviceName } from "./tree.ts";

export interface Entry {
  name: string;
  /** Where it is, as people read it: its path. */
  path: string;
  to: string;
  kind: "page" | "device" | "stream";
  /** All that it is found by, in small letters. */
  words: string;
}

export function entry(kind: Entry["kind"], name: string, path: string, to: string): Entry {
  return { kind, name, path, to, words: `${name} ${path}`.toLowerCase() };
}

/** The devices and streams of a catalog. */
export function entriesOf({ user, devices, streams }: Catalog): Entry[] {
  const shown = devices.filter((device) => device.visible || device.name === BY_HAND);
  const names = new Map(shown.map((device) => [device.name, deviceName(device)]));
  return [
    ...shown.map((device) => {
      const path = `${user}/${device.name}`;
      return entry("device", deviceName(device), path, `/${path}`);
    }),
    ...streams.flatMap((stream) => {
      // What a hidden device holds is not for people.
      if (!names.has(stream.device)) return [];
      const path = `${user}/${stream.device}/${stream.name}`;
      const found = entry("stream", stream.nickname || stream.name, path, `/${path}`);
      const device = names.get(stream.device)?.toLowerCase() ?? "";
      return [{ ...found, words: `${found.words} ${device}` }];
    }),
  ];
}

export interface Found {
  /** The best ones, best first. */
  entries: Entry[];
  /** How many there are. */
  count: number;
}

/** Finds the entries that have all words. Those come first whose name begins with what was typed. */
export function searchEntries(entries: Entry[], typed: string, most: number): Found {
  const text = typed.trim().toLowerCase();
  const words = text.split(/\s+/).filter(Boolean);
  const ranks: Entry[][] = [[], [], []];
  let count = 0;
  for (const it of entries) {
    if (!words.every((word) => it.words.includes(word))) continue;
    count++;
    const name = it.name.toLowerCase();
    const rank = name.startsWith(text) ? 0 : words.every((word) => name.includes(word)) ? 1 : 2;
    ranks[rank]?.push(it);
  }
  return { entries: ranks.flat().slice(0, most), count };
}
