// The addresses of the original's pages that have a hash: people have saved links to them. No DOM.

import { TEMPLATES } from "./templates.ts";

/** What was at the address `/`. */
const PLACES: Record<string, string> = {
  downlinks: "/app/downlinks",
  analysis: "/app/analyse",
  upload: "/app/upload",
  addrating: "/app/new/stream?kind=rating",
};

/** Returns the address of what the original had at one with a hash; `undefined` for any other hash. */
export function redirectOf(path: string, hash: string, user: string): string | undefined {
  // The app for phones has added a key, which is not a part of the place.
  const [place = ""] = hash.replace(/^#/, "").split("?");
  const [owner, device, stream] = path.split("/").filter(Boolean);
  if (owner === undefined) return PLACES[place];
  if (owner === "app") return undefined;
  if (place === "edit") {
    if (device === undefined) return owner === user ? "/app/settings" : `/app/users/${owner}`;
    return `${path}?edit`;
  }
  const [verb, datatype] = place.split("/");
  if (verb !== "create" || stream !== undefined) return undefined;
  if (device === undefined) return "/app/connect";
  const kind = TEMPLATES.find((it) => it.datatype === datatype)?.id;
  return `/app/new/stream?device=${device}${kind ? `&kind=${kind}` : ""}`;
}
