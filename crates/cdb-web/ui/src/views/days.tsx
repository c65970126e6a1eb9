// What a stream comes to in each day.

import { text } from "../text/en.ts";
import { duration } from "../text/times.ts";
import { DayBars, HOURS } from "./day-bars.tsx";
import { areBooleans, areTexts, hasDays, isDiary, isSum, numbers } from "./kinds.ts";
import { derivedSigned } from "./numbers.ts";
import { daily } from "./scripts.ts";
import type { View } from "./view.ts";

export const meanDay: View = {
  id: "mean-day",
  title: () => text.views.meanDay,
  when: (about) => numbers(about) !== undefined && !isSum(about) && hasDays(about, 2),
  script: ({ zone }) => daily("mean", zone),
  size: "full",
  Picture: DayBars,
};

export const sumDay: View = {
  id: "sum-day",
  title: () => text.views.sumDay,
  when: (about) => numbers(about) !== undefined && isSum(about),
  script: ({ zone }) => daily("sum", zone),
  size: "full",
  Picture: DayBars,
};

const hours = (seconds: number) => duration(seconds);

export const timeTrue: View = {
  id: "time-true",
  title: () => text.views.timeTrue,
  when: areBooleans,
  // A run belongs to the day in which it ended.
  script: ({ zone }) => `ttrue | ${daily("sum", zone)}`,
  size: "half",
  Picture: (props) => <DayBars {...props} words={hours} axis={HOURS} />,
};

export const timeFalse: View = {
  id: "time-false",
  title: () => text.views.timeFalse,
  when: areBooleans,
  script: ({ zone }) => `tfalse | ${daily("sum", zone)}`,
  size: "half",
  Picture: (props) => <DayBars {...props} words={hours} axis={HOURS} />,
};

export const sentiment: View = {
  id: "sentiment",
  title: () => text.views.sentiment,
  when: (about) => areTexts(about) || (isDiary(about) && about.known.count > 0),
  script: ({ zone }) => `sentiment | ${daily("mean", zone)}`,
  size: "half",
  Picture: (props) => <DayBars {...props} words={derivedSigned} />,
};
