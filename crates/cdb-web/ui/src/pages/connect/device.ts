// The device that is being connected, as the server has it.

import { request } from "../../api/http.ts";
import { createStream, type Device, type Stream } from "../../api/objects.ts";
import { kindOf, schemaOfKind } from "./kinds.ts";

/** What a device may do besides writing into its own streams. */
export const ROLES = ["none", "reader", "writer"] as const;

export type Role = (typeof ROLES)[number];

export interface Identity {
  name: string;
  nickname: string;
  role: Role;
}

/** A stream that the device is to have. */
export interface Planned {
  kind: string;
  name: string;
  /** The words of a choice, separated by commas. */
  words: string;
}

/** Creates a device, and returns its key. */
export async function create(path: string, { nickname, role }: Identity): Promise<string> {
  const created = (await request("POST", `crud/${path}`, { nickname, role })) as Device;
  return created.apikey ?? "";
}

/** Changes what a device is. A role stays that was not changed: it may be none of those of this page. */
export async function rename(path: string, from: Identity, to: Identity): Promise<void> {
  const { nickname, role } = to;
  await request("PUT", `crud/${path}`, role === from.role ? { nickname } : { nickname, role });
}

/** Makes a new key, with which the old one ends. */
export async function newKey(path: string): Promise<string> {
  const changed = (await request("PUT", `crud/${path}`, { apikey: "" })) as Device;
  return changed.apikey ?? "";
}

export async function read(path: string): Promise<Identity> {
  const device = (await request("GET", `crud/${path}`)) as Device & { role?: string };
  const role = ROLES.find((it) => it === device.role) ?? "none";
  return { name: device.name, nickname: device.nickname, role };
}

export async function streamsOf(path: string): Promise<Stream[]> {
  return (await request("GET", `crud/${path}?q=ls`)) as Stream[];
}

/** Creates the streams that the device does not have yet. */
export async function createStreams(path: string, planned: Planned[]): Promise<void> {
  const existing = new Set((await streamsOf(path)).map(({ name }) => name));
  for (const { kind: id, name, words } of planned) {
    if (existing.has(name)) continue;
    const kind = kindOf(id);
    const schema = schemaOfKind(kind, words);
    const { datatype } = kind;
    await createStream(`${path}/${name}`, { datatype, schema: JSON.stringify(schema) });
  }
}
