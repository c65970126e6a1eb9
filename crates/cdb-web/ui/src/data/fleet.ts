// The lines of the list of devices: which there are, in which order, as the address says. No DOM.

import { type DeviceRows, deviceName, find, isBuiltIn, type StreamRow } from "./tree.ts";

export const SHOWN = ["all", "silent", "controls", "hand"] as const;
export const ORDERS = ["name", "age", "points"] as const;

export interface View {
  /** What is searched for. */
  words: string;
  show: (typeof SHOWN)[number];
  /** By what the list is ordered; by creation without it. */
  order: (typeof ORDERS)[number] | undefined;
  isReversed: boolean;
  /** The names of the devices whose streams are not shown. */
  closed: string[];
}

export interface DeviceLine {
  kind: "device";
  row: DeviceRows;
  isClosed: boolean;
}

export interface StreamLine {
  kind: "stream";
  row: StreamRow;
  /** The index of the line of its device, if that is shown. */
  group: number | undefined;
}

export type Line = DeviceLine | StreamLine;

/** Reads what a query string asks for. */
export function viewOf(search: string): View {
  const asked = new URLSearchParams(search);
  const order = asked.get("order") ?? "";
  return {
    words: asked.get("find") ?? "",
    show: SHOWN.find((it) => it === asked.get("show")) ?? "all",
    order: ORDERS.find((it) => it === order.replace("-", "")),
    isReversed: order.startsWith("-"),
    closed: (asked.get("closed") ?? "").split(",").filter(Boolean),
  };
}

/** The query string of a view. */
export function searchOf(view: View): string {
  const asked = new URLSearchParams();
  if (view.words) asked.set("find", view.words);
  if (view.show !== "all") asked.set("show", view.show);
  if (view.order) asked.set("order", `${view.isReversed ? "-" : ""}${view.order}`);
  if (view.closed.length > 0) asked.set("closed", view.closed.join(","));
  const search = asked.toString();
  return search && `?${search}`;
}

/** Whether a device or a stream, by its path, has been silent for too long. */
export type IsSilent = (path: string) => boolean;

/** The lines of some devices. That of a single one, whose page it is, is left out. */
export function linesOf(
  rows: DeviceRows[],
  view: View,
  isSilent: IsSilent,
  isSingle = false,
): Line[] {
  const lines: Line[] = [];
  const chosen = find(rows, view.words).flatMap((row) => shown(row, view.show, isSilent));
  for (const row of ordered(chosen, view)) {
    const group = isSingle ? undefined : lines.length;
    const isClosed = !isSingle && view.closed.includes(row.device.name);
    if (!isSingle) lines.push({ kind: "device", row, isClosed });
    if (isClosed) continue;
    for (const stream of row.streams) lines.push({ kind: "stream", row: stream, group });
  }
  return lines;
}

/** A device with its streams that are to be shown; none without any, unless all are to be. */
function shown(row: DeviceRows, show: View["show"], isSilent: IsSilent): DeviceRows[] {
  if (show === "all") return [row];
  if (show === "hand") return isBuiltIn(row.device.name) ? [row] : [];
  const has = ({ path, stream }: StreamRow) =>
    show === "controls" ? stream.downlink : isSilent(row.path) || isSilent(path);
  const streams = row.streams.filter(has);
  return streams.length > 0 ? [{ ...row, streams }] : [];
}

function ordered(rows: DeviceRows[], { order, isReversed }: View): DeviceRows[] {
  if (!order) return rows;
  const sign = isReversed ? -1 : 1;
  const sorted = rows.map((row) => ({
    ...row,
    streams: [...row.streams].sort((a, b) => sign * compare(keyOf(a, order), keyOf(b, order))),
  }));
  return sorted.sort((a, b) => sign * compare(deviceKey(a, order), deviceKey(b, order)));
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** What comes first has the smaller key: the newest, the one with the most points. */
function keyOf({ stream, latest }: StreamRow, order: View["order"]): string | number {
  if (order === "age") return -(latest?.last?.t ?? Number.NEGATIVE_INFINITY);
  if (order === "points") return -(latest?.length ?? 0);
  return stream.nickname || stream.name;
}

function deviceKey(row: DeviceRows, order: View["order"]): string | number {
  if (order === "age") return -(row.lastT ?? Number.NEGATIVE_INFINITY);
  if (order === "points")
    return -row.streams.reduce((sum, it) => sum + (it.latest?.length ?? 0), 0);
  return deviceName(row.device);
}

/** How many there are of each kind: streams, but of the silent ones the devices. */
export function countsOf(rows: DeviceRows[], isSilent: IsSilent): Record<View["show"], number> {
  const streams = rows.flatMap((row) => row.streams);
  return {
    all: streams.length,
    silent: rows.filter((row) => isSilent(row.path)).length,
    controls: streams.filter(({ stream }) => stream.downlink).length,
    hand: rows.find((row) => isBuiltIn(row.device.name))?.streams.length ?? 0,
  };
}
