// What a person has begun and not yet written: the browser keeps it until then, or until one logs out.

const PREFIXES = ["draft:", "timer:"] as const;

export interface Draft {
  read: () => string | undefined;
  keep: (words: string) => void;
  drop: () => void;
}

/** What was begun for a stream: a text, or when a timer was started. */
export function draftOf(path: string, prefix: (typeof PREFIXES)[number] = "draft:"): Draft {
  const key = prefix + path;
  return {
    read: () => localStorage.getItem(key) ?? undefined,
    keep: (words) => {
      try {
        localStorage.setItem(key, words);
      } catch {
        // The browser has no room for it, or keeps nothing: it is on the page still.
      }
    },
    drop: () => localStorage.removeItem(key),
  };
}

/** Forgets all of it, for whoever uses the browser next. */
export function dropDrafts(): void {
  for (const key of Object.keys(localStorage)) {
    if (PREFIXES.some((prefix) => key.startsWith(prefix))) localStorage.removeItem(key);
  }
}
