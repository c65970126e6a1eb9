// Values that are compared: a server gives the keys of an object in any order.

/** A value as JSON, whatever the order of its keys was. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, it) =>
    typeof it === "object" && it !== null && !Array.isArray(it)
      ? Object.fromEntries(Object.entries(it).sort(([a], [b]) => (a < b ? -1 : 1)))
      : it,
  );
}
