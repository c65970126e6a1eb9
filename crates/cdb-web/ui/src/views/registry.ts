// The views, in the order in which they are shown. The first ones are what one wants to see of their kind of
// stream.

import { calendar } from "./calendar.tsx";
import { compare } from "./compare.tsx";
import { categoryMean, counts, domains } from "./counts.tsx";
import { meanDay, sentiment, sumDay, timeFalse, timeTrue } from "./days.tsx";
import { heat } from "./heat.tsx";
import { histogram } from "./histogram.tsx";
import { keys } from "./keys.tsx";
import { scatter } from "./scatter.tsx";
import { single } from "./single.tsx";
import { state } from "./state.tsx";
import { texts } from "./texts.tsx";
import { tree } from "./tree.tsx";
import type { About, View } from "./view.ts";

// A map of places comes first.
const VIEWS: View[] = [
  texts,
  state,
  sumDay,
  timeTrue,
  timeFalse,
  keys,
  heat,
  histogram,
  meanDay,
  compare,
  single,
  counts,
  domains,
  sentiment,
  scatter,
  categoryMean,
  calendar,
  tree,
];

/** The views of a stream. */
export function viewsFor(about: About): View[] {
  return VIEWS.filter((view) => view.when(about));
}

/** Returns a view by its name; `undefined` if it does not fit the stream. */
export function viewFor(about: About, id: string): View | undefined {
  return viewsFor(about).find((view) => view.id === id);
}
