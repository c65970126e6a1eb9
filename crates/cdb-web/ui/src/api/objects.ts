// Devices, streams and what they hold.

import { request } from "./http.ts";

export interface Device {
  name: string;
  nickname: string;
  description: string;
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
  downlink: boolean;
}

export interface Datapoint {
  /** In seconds since 1970. */
  t: number;
  d: unknown;
  /** Which device has written it, if that is not the stream's own. */
  o?: string;
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

export interface Statistics {
  count: number;
  first: Datapoint | null;
  last: Datapoint | null;
  /** By key; the empty one stands for the values themselves. */
  keys: Record<string, { number?: Numbers }>;
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

/** The length and the last datapoint of streams, or of all streams of a user or device. */
export async function latest(paths: string[]): Promise<Latest[]> {
  return (await request("POST", "query/latest", paths)) as Latest[];
}

/** The newest datapoints, oldest first. */
export async function newest(path: string, count: number): Promise<Datapoint[]> {
  return (await request("GET", `crud/${path}/data?i1=-${count}`)) as Datapoint[];
}

export async function statistics(path: string): Promise<Statistics> {
  return (await request("GET", `crud/${path}/data?q=statistics`)) as Statistics;
}

export async function plot(path: string, columns: number): Promise<Plot> {
  return (await request("GET", `crud/${path}/data?q=plot&columns=${columns}`)) as Plot;
}
