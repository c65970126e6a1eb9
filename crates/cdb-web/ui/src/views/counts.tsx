// What there is most of, as bars beside each other.

import { text } from "../text/en.ts";
import { count, onOff } from "../text/format.ts";
import {
  areAddresses,
  areBooleans,
  categories,
  categoryKeys,
  isLocation,
  numberKeys,
} from "./kinds.ts";
import { numberOf, withUnit } from "./numbers.ts";
import { element } from "./scripts.ts";
import { Unfit } from "./unfit.tsx";
import type { About, PictureProps, View } from "./view.ts";

/** How many are shown. */
const MAX = 20;

/** The entries of an object with numbers, the largest first. */
export function entriesOf(d: unknown): [string, number][] {
  const entries = typeof d === "object" && d !== null ? Object.entries(d) : [];
  return entries
    .flatMap(([name, n]): [string, number][] => {
      const number = numberOf(n);
      return number === undefined ? [] : [[name, number]];
    })
    .sort(([, a], [, b]) => b - a);
}

/** The name of an entry: keys of JSON are texts, also where the values that were counted are not. */
function nameOf(key: string, about: About): string {
  if (areBooleans(about) && (key === "true" || key === "false")) return onOff(key === "true");
  return key || text.none;
}

function Rows({ about, points, words }: PictureProps & { words: (n: number) => string }) {
  const entries = entriesOf(points.at(-1)?.d);
  const most = Math.max(...entries.map(([, n]) => Math.abs(n)));
  if (entries.length === 0) return <Unfit />;
  return (
    <table class="count-rows">
      <tbody>
        {entries.slice(0, MAX).map(([name, n]) => (
          <tr key={name}>
            <th scope="row">{nameOf(name, about)}</th>
            <td>
              <svg width="100%" height="14" aria-hidden="true">
                <rect
                  class="chart-bar"
                  width={`${most > 0 ? (Math.abs(n) / most) * 100 : 0}%`}
                  height="14"
                  rx="2"
                />
              </svg>
            </td>
            <td class="number">{words(n)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const Counts = (props: PictureProps) => <Rows {...props} words={count} />;

export const counts: View = {
  id: "counts",
  title: () => text.views.counts,
  when: (about) => categories(about) !== undefined || areBooleans(about),
  script: () => `map($, count) | top(${MAX})`,
  size: "half",
  Picture: Counts,
};

export const domains: View = {
  id: "domains",
  title: () => text.views.domains,
  when: areAddresses,
  script: () => `map(domain, count) | top(${MAX})`,
  size: "half",
  Picture: Counts,
};

export const categoryMean: View = {
  id: "category-mean",
  title: (about) =>
    text.views.categoryMean(numberKeys(about)[0] ?? "", categoryKeys(about)[0] ?? ""),
  when: (about) =>
    categoryKeys(about).length > 0 && numberKeys(about).length > 0 && !isLocation(about),
  script: (about) => {
    const [category = "", number = ""] = [categoryKeys(about)[0], numberKeys(about)[0]];
    return `map(${element(category)}, ${element(number)}:mean) | top(${MAX})`;
  },
  size: "half",
  Picture: (props) => <Rows {...props} words={(n) => withUnit(n, props.about)} />,
};
