import { useEffect, useMemo } from "preact/hooks";
import type { Numbers } from "../api/plot.ts";
import { Series } from "../data/tiles-series.ts";

/** What is known of the numbers of some streams, kept up to date for as long as the page is there. */
export function useSeries(numbers: Numbers[]): Series[] {
  const key = JSON.stringify(numbers);
  const series = useMemo(() => (JSON.parse(key) as Numbers[]).map((it) => new Series(it)), [key]);
  useEffect(
    () => () => {
      for (const it of series) it.close();
    },
    [series],
  );
  return series;
}
