// The order that a person has put things into. No DOM.

/** Puts those with a place in an order first; the others keep theirs, behind. */
export function ordered<T>(all: T[], nameOf: (one: T) => string, order: string[]): T[] {
  const places = new Map(order.map((name, place) => [name, place]));
  const placeOf = (one: T) => places.get(nameOf(one)) ?? order.length;
  return [...all].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Moves a name one place to the front (−1) or the back (1), as far as there is one. */
export function moved(names: string[], name: string, step: -1 | 1): string[] {
  const at = names.indexOf(name);
  const to = at + step;
  const other = names[to];
  if (at < 0 || other === undefined) return names;
  return names.map((it, i) => (i === at ? other : i === to ? name : it));
}
