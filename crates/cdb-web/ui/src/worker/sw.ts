// Opens the page without a connection. It keeps the files of its own version of the page, and nothing of the
// protocol: what the server says is never taken from a cache.

import { isFile, isPage } from "./routes.ts";

// The types of workers and those of pages do not go together in one project: what is used of them.
interface ExtendableEvent {
  waitUntil(work: Promise<void>): void;
}

interface FetchEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

declare const self: {
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", call: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", call: (event: FetchEvent) => void): void;
};

/** The names of all files, which the build puts in. */
declare const FILES: string[];

/** The address of the files of this version, and the name of its cache. */
const BASE = import.meta.env.BASE_URL;

const SHELL = `${BASE}index.html`;

/** How long the server may take to send a page that is here already, in milliseconds. */
const PATIENCE = 2500;

/** The caches that stay: tabs that show the version before may still need its files. */
const VERSIONS = 2;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (isFile(pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate" && isPage(pathname)) event.respondWith(page(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(BASE);
  await cache.addAll(FILES.map((name) => BASE + name));
  // The pages of this version are loaded already, and those of the one before keep their files.
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  // In the order in which they were made.
  const names = (await caches.keys()).filter((name) => name !== BASE);
  await Promise.all(names.slice(0, 1 - VERSIONS || undefined).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** What is here, whatever form of it was asked for: compressed or not, it is the same. */
async function kept(address: string): Promise<Response | undefined> {
  return await caches.match(address, { ignoreVary: true });
}

/** A file never changes at its address. */
async function file(request: Request): Promise<Response> {
  return (await kept(request.url)) ?? (await fetch(request));
}

/** The page of the server, or the one that is here if the server does not answer. */
async function page(request: Request): Promise<Response> {
  const answer = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE));
  // A proxy answers when the server does not.
  const isFromServer = (response: Response | undefined) => response && response.status < 500;
  const inTime = await Promise.race([answer.catch(() => undefined), late]);
  if (inTime && isFromServer(inTime)) return inTime;
  return (await kept(SHELL)) ?? inTime ?? (await answer);
}
