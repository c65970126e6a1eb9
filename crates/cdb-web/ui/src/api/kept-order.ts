// The order of the cards of Today, and which streams are pinned: kept on the server, so that they are the same on
// every machine.
//
// Each is the description of a stream without data, such as `web/today`, of a device that is not shown in lists: the
// original server knows all of this, too.

import { request } from "./http.ts";
import { devices, streamsOf } from "./objects.ts";

const DEVICE = "web";

/** The streams that hold a list each. */
type List = "today" | "pinned";

/** The names of the streams in their order; none if nobody has ordered them. */
export async function cardOrder(user: string): Promise<string[]> {
  return await read(user, "today");
}

export async function keepCardOrder(user: string, names: string[]): Promise<void> {
  await keep(user, "today", names);
}

/** The paths of the streams that are pinned. */
export async function pinned(user: string): Promise<string[]> {
  return await read(user, "pinned");
}

export async function keepPinned(user: string, paths: string[]): Promise<void> {
  await keep(user, "pinned", paths);
}

async function read(user: string, list: List): Promise<string[]> {
  // Asked for so that what is not there is no error.
  if (!(await devices(user)).some(({ name }) => name === DEVICE)) return [];
  const all = await streamsOf(`${user}/${DEVICE}`);
  return parsed(all.find(({ name }) => name === list)?.description ?? "[]");
}

function parsed(description: string): string[] {
  try {
    const names: unknown = JSON.parse(description);
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

async function keep(user: string, list: List, names: string[]): Promise<void> {
  const device = `crud/${user}/${DEVICE}`;
  const description = JSON.stringify(names);
  const kept = (await devices(user)).some(({ name }) => name === DEVICE)
    ? await streamsOf(`${user}/${DEVICE}`)
    : await createDevice(device);
  const isThere = kept.some(({ name }) => name === list);
  await request(isThere ? "PUT" : "POST", `${device}/${list}`, { description });
}

async function createDevice(path: string): Promise<[]> {
  const description = "Holds what the web app keeps for you";
  await request("POST", path, { visible: false, description });
  return [];
}
