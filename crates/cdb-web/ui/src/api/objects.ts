// Devices, streams and what they hold.

import { canonical } from "../data/canonical.ts";
import { request } from "./http.ts";

export interface Device {
  name: string;
  nickname: string;
  description: string;
  icon?: string;
  /** Its key, if one may see it. */
  apikey?: string;
  /** What it may do beyond its own streams. */
  role?: string;
  /** Whether other users see it. */
  public?: boolean;
  /** Whether it says that it works. */
  enabled?: boolean;
  /** Whether it is shown in lists. */
  visible: boolean;
}

export interface Stream {
  /** The name of its device. */
  device: string;
  name: string;
  nickname: string;
  description: string;
  datatype: string;
  /** A JSON Schema, as text. */
  schema: string;
  /** Whether others may ask its device for a change. */
  downlink: boolean;
  icon?: string;
  /** Whether its values are told and not kept. */
  ephemeral?: boolean;
  /** For how many seconds its values are kept; for ever without it. */
  keep?: number;
}

export interface Datapoint {
  /** In seconds since 1970. */
  t: number;
  d: unknown;
  /** Which device has written it, if that is not the stream's own. */
  o?: string;
}

/** Adds what is not sent: a time of 0, and `null`. */
export function whole(point: Partial<Datapoint>): Datapoint {
  return { ...point, t: point.t ?? 0, d: point.d ?? null };
}

export interface Latest {
  /** The path, `user/device/stream`. */
  stream: string;
  length: number;
  last: Datapoint | null;
}

export interface Numbers {
  count: number;
  min: number;
  max: number;
  mean: number;
}

/** What values of a key there are, by their kind. */
export interface KeyStatistics {
  number?: Numbers;
  boolean?: { count: number; true: number };
  /** `distinct` has each different string with its count; `null` if there are too many. */
  string?: { count: number; distinct: [string, number][] | null };
  null?: { count: number };
  array?: { count: number };
  object?: { count: number };
}

export interface Statistics {
  count: number;
  first: Datapoint | null;
  last: Datapoint | null;
  /** By key; the empty one stands for the values themselves. */
  keys: Record<string, KeyStatistics>;
}

/** What a plot draws: see `GET …/data?q=plot`. */
export interface Plot {
  t1: number;
  t2: number;
  columns: number;
  count: number;
  t: number[][];
  d: number[][];
}

export async function devices(user: string): Promise<Device[]> {
  return (await request("GET", `crud/${user}?q=ls`)) as Device[];
}

export async function streams(user: string): Promise<Stream[]> {
  return (await request("GET", `crud/${user}?q=streams`)) as Stream[];
}

export async function device(path: string): Promise<Device> {
  return (await request("GET", `crud/${path}`)) as Device;
}

/** The streams of a device. */
export async function streamsOf(path: string): Promise<Stream[]> {
  const device = path.split("/")[1] ?? "";
  const answer = (await request("GET", `crud/${path}?q=streams`)) as Omit<Stream, "device">[];
  return answer.map((stream) => ({ ...stream, device }));
}

/** The length and the last datapoint of streams, or of all streams of a user or device. */
export async function latest(paths: string[]): Promise<Latest[]> {
  const answer = (await request("POST", "query/latest", paths)) as Latest[];
  return answer.map((entry) => ({ ...entry, last: entry.last && whole(entry.last) }));
}

/** The newest datapoints, oldest first. */
export async function newest(path: string, count: number): Promise<Datapoint[]> {
  return ((await request("GET", `crud/${path}/data?i1=-${count}`)) as Datapoint[]).map(whole);
}

/** What a range of a stream comes to. */
export async function statistics(path: string, bounds = ""): Promise<Statistics> {
  return (await request("GET", `crud/${path}/data?q=statistics${bounds}`)) as Statistics;
}

export async function plot(path: string, columns: number, bounds = ""): Promise<Plot> {
  return (await request("GET", `crud/${path}/data?q=plot&columns=${columns}${bounds}`)) as Plot;
}

/** What of an object people change; what is not given stays. */
export interface Changes {
  nickname?: string;
  description?: string;
  datatype?: string;
  schema?: string;
  downlink?: boolean;
  icon?: string;
  ephemeral?: boolean;
  keep?: number;
  role?: string;
  public?: boolean;
  visible?: boolean;
  enabled?: boolean;
  /** An empty one asks for a new key of a device. */
  apikey?: string;
}

export async function stream(path: string): Promise<Stream> {
  return (await request("GET", `crud/${path}`)) as Stream;
}

export async function createDevice(path: string, changes: Changes): Promise<Device> {
  return (await request("POST", `crud/${path}`, changes)) as Device;
}

export async function createStream(path: string, changes: Changes): Promise<void> {
  await request("POST", `crud/${path}`, changes);
}

/** Changes a device or a stream, and returns it. */
export async function change<T extends Device | Stream>(path: string, to: Changes): Promise<T> {
  return (await request("PUT", `crud/${path}`, to)) as T;
}

/** Deletes a device or a stream, with everything in it. */
export async function remove(path: string): Promise<void> {
  await request("DELETE", `crud/${path}`);
}

/** Writes a value with the time of the server. To a downlink of another device it is a request. */
export async function write(path: string, d: unknown): Promise<void> {
  await request("POST", `crud/${path}/data`, [{ d }]);
}

/** Deletes the datapoint with an index, if it is still that one. Returns whether it is. */
export async function removeAt(path: string, index: number, point: Datapoint): Promise<boolean> {
  const bounds = `i1=${index}&i2=${index + 1}`;
  const [now] = (await request("GET", `crud/${path}/data?${bounds}`)) as Datapoint[];
  if (!now || canonical(whole(now)) !== canonical(point)) return false;
  await request("DELETE", `crud/${path}/data?${bounds}`);
  return true;
}

/** Sorts a datapoint in by its time. */
export async function putBack(path: string, point: Datapoint): Promise<void> {
  await request("POST", `crud/${path}/data?q=merge`, [point]);
}
