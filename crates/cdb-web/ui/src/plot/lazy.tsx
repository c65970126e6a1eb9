import { Lazy } from "../widgets/lazy.tsx";
import type { StreamPlotProps } from "./stream-plot.tsx";

const load = async () => (await import("./stream-plot.tsx")).StreamPlot;

/** A stream in one plot, whose file is loaded when it is needed first. Until then it takes the same room. */
export function StreamPlot(props: StreamPlotProps) {
  return (
    <Lazy
      load={load}
      props={props}
      waiting={(failure) => (
        <section class="plot-view">
          <div class="plot-tools">{props.children}</div>
          {failure}
          <div class="plot-card plot-empty" />
        </section>
      )}
    />
  );
}
