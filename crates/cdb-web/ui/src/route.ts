// The address of the page. Every view is a link, and links within the app load nothing anew.

import { signal } from "@preact/signals";

export const path = signal(location.pathname);

/** The query string, which says how a page is looked at. */
export const search = signal(location.search);

function arrive(): void {
  path.value = location.pathname;
  search.value = location.search;
}

export function go(to: string): void {
  if (to !== location.pathname + location.search) history.pushState(null, "", to);
  const isSamePage = path.value === location.pathname;
  arrive();
  if (!isSamePage) window.scrollTo(0, 0);
}

/** Goes to another address in the place of this one, to which no step leads back. */
export function replace(to: string): void {
  history.replaceState(null, "", to);
  arrive();
}

/** Changes how the page is looked at, without a step to go back to: what is typed is none. */
export function look(at: string): void {
  replace(location.pathname + at);
}

/** Follows links of the app, and the buttons of the browser. */
export function follow(): void {
  addEventListener("popstate", arrive);
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain =
      event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || link.target || link.origin !== location.origin) return;
    // A place on this page: the browser moves the focus there.
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

/** Returns the names of an object's path, or `null` if the address is that of another page. */
export function objectOf(path: string): string[] | null {
  const names = path.split("/").filter(Boolean);
  return names[0] === "app" || names.length > 3 ? null : names;
}
