// Scripts that are worth a try with a stream.

import { areBooleans, areStrings, numberKeys, numbers } from "../../views/kinds.ts";
import { daily, element } from "../../views/scripts.ts";
import type { About } from "../../views/view.ts";

type Known = Pick<About, "known" | "stream" | "schema" | "zone">;

export function examplesFor(about: Known): string[] {
  const { zone } = about;
  const all = numbers(about);
  if (all) {
    const middle = Number(all.mean.toPrecision(2));
    return [
      middle < 0 ? "if $ > 0" : `if $ > ${middle}`,
      daily("mean", zone),
      daily("max", zone),
      "$ - remember(first)",
      "if changed",
    ];
  }
  if (areBooleans(about)) return ["if changed", "ttrue", daily("count", zone)];
  if (areStrings(about)) return ["wc", "if contains('a')", "map($, count) | top(5)", "if changed"];
  const [key] = numberKeys(about);
  if (key !== undefined) return [element(key), `if ${element(key)} > 0`, `${element(key)}:mean`];
  return ["if last", "count"];
}
