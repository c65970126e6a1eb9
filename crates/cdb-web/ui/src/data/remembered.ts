// What the server said last, for when it cannot be reached: in the browser, until one logs out.

const PREFIX = "seen:";

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // There is no room. Without a connection, there is less to see.
  }
}

export function remembered<T>(key: string): T | undefined {
  try {
    const json = localStorage.getItem(PREFIX + key);
    return json === null ? undefined : (JSON.parse(json) as T);
  } catch {
    return undefined;
  }
}

/** Forgets everything, for the next person at this browser. */
export function forget(): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  }
}
