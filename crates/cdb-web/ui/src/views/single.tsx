import { text } from "../text/en.ts";
import { count, value } from "../text/format.ts";
import { isSum, numbers } from "./kinds.ts";
import { numberOf, withUnit } from "./numbers.ts";
import type { PictureProps, View } from "./view.ts";

/** The last thing that a script gives, in large. */
function Single({ about, points }: PictureProps) {
  const last = points.at(-1)?.d;
  const number = numberOf(last);
  return (
    <p class="single">
      <strong>{number === undefined ? value(last) : withUnit(number, about)}</strong>
      <span class="hint">{text.views.ofPoints(count(about.known.count))}</span>
    </p>
  );
}

export const single: View = {
  id: "single",
  title: (about) => (isSum(about) ? text.views.sum : text.views.mean),
  when: (about) => numbers(about) !== undefined,
  script: (about) => `${isSum(about) ? "sum" : "mean"} | if last`,
  size: "small",
  Picture: Single,
};
