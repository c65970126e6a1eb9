import { text } from "../text/en.ts";
import { count, value } from "../text/format.ts";
import { isSum, numbers } from "./kinds.ts";
import { numberOf, withUnit } from "./numbers.ts";
import type { PictureProps, View } from "./view.ts";

/** The last thing that a script gives, in large. */
function Single({ about, points }: PictureProps) {
  const last = points.at(-1)?.d;
  const number = numberOf(last);
  const [short, unit] = withUnit(number ?? 0, about).split("\u2009");
  return (
    <p class="single">
      <strong>{number === undefined ? value(last) : short}</strong>
      <span class="unit">{number !== undefined && unit}</span>
      <span class="hint">{text.views.ofPoints(count(about.known.count))}</span>
    </p>
  );
}

export const single: View = {
  id: "single",
  title: (about) => (isSum(about) ? text.views.sum : text.views.mean),
  when: (about) => numbers(about) !== undefined,
  script: (about) => `${isSum(about) ? "sum" : "mean"} | if last`,
  size: "half",
  Picture: Single,
};
