// The order of the cards of Today, which is kept on the server, so that it is the same on every machine.
//
// It is the description of a stream without data, `web/today`, of a device that is not shown in lists: the
// original server knows all of this, too.

import { request } from "./http.ts";
import { devices, streamsOf } from "./objects.ts";

const DEVICE = "web";
const STREAM = "today";

/** The names of the streams in their order; none if nobody has ordered them. */
export async function cardOrder(user: string): Promise<string[]> {
  // Asked for so that what is not there is no error.
  if (!(await devices(user)).some(({ name }) => name === DEVICE)) return [];
  const all = await streamsOf(`${user}/${DEVICE}`);
  return parsed(all.find(({ name }) => name === STREAM)?.description ?? "[]");
}

function parsed(description: string): string[] {
  try {
    const names: unknown = JSON.parse(description);
    return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

export async function keepCardOrder(user: string, names: string[]): Promise<void> {
  const device = `crud/${user}/${DEVICE}`;
  const description = JSON.stringify(names);
  const kept = (await devices(user)).some(({ name }) => name === DEVICE)
    ? await streamsOf(`${user}/${DEVICE}`)
    : await createDevice(device);
  const isThere = kept.some(({ name }) => name === STREAM);
  await request(isThere ? "PUT" : "POST", `${device}/${STREAM}`, { description });
}

async function createDevice(path: string): Promise<[]> {
  const description = "Holds what the web app keeps for you";
  await request("POST", path, { visible: false, description });
  return [];
}
