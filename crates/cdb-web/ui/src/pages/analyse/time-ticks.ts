// Times below a plot, at the midnights of a zone.

import { dayOf, later, midnight } from "../../data/dataset-time.ts";
import { inZone } from "../../text/amounts.ts";

const DAY = 86_400;

/** How many days, or months, from one time to the next. */
const DAYS = [1, 2, 7, 14];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];

const MONTH = 30.44;

export interface TimeTick {
  t: number;
  name: string;
}

/** A few times within bounds, each with its name. */
export function timeTicks(first: number, last: number, count: number, zone: string): TimeTick[] {
  const days = (last - first) / DAY / count;
  if (days < 0.5) return clockTicks(first, last, count, zone);
  const step = DAYS.find((step) => step >= days);
  const from = dayOf(first, zone);
  return step === undefined
    ? monthTicks(from, last, MONTHS.find((it) => it * MONTH >= days) ?? 120, zone)
    : dayTicks(from, last, step, zone);
}

function dayTicks(from: string, last: number, step: number, zone: string): TimeTick[] {
  const ticks: TimeTick[] = [];
  // The day of the first row ends with it.
  for (let day = later(from, 1); midnight(day, zone) <= last; day = later(day, step)) {
    const t = midnight(day, zone);
    ticks.push({ t, name: inZone(t, zone, { day: "numeric", month: "short" }) });
  }
  return ticks;
}

function monthTicks(from: string, last: number, step: number, zone: string): TimeTick[] {
  const ticks: TimeTick[] = [];
  const [year = 1970, month = 1] = from.split("-").map(Number);
  // The months since the year 0, in whole steps: January is always among them if years are.
  let months = Math.ceil((year * 12 + month) / step) * step;
  for (;;) {
    const day = `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, "0")}-01`;
    const t = midnight(day, zone);
    if (t > last) return ticks;
    const isYear = months % 12 === 0;
    ticks.push({ t, name: inZone(t, zone, isYear ? { year: "numeric" } : { month: "short" }) });
    months += step;
  }
}

/** Hours, at equal distances. */
function clockTicks(first: number, last: number, count: number, zone: string): TimeTick[] {
  const hours = [1 / 6, 0.5, 1, 2, 3, 6, 12];
  const step = (hours.find((it) => it * 3600 >= (last - first) / count) ?? 12) * 3600;
  const ticks: TimeTick[] = [];
  for (let t = midnight(dayOf(first, zone), zone); t <= last; t += step) {
    if (t < first) continue;
    const isDay = t === midnight(dayOf(t, zone), zone);
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    ticks.push({ t, name: inZone(t, zone, isDay ? { day: "numeric", month: "short" } : clock) });
  }
  return ticks;
}
