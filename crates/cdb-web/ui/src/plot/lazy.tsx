import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Failure } from "../widgets/failure.tsx";
import type { StreamPlotProps } from "./stream-plot.tsx";

/** A stream in one plot. What draws it is fetched when it is needed first. */
export function StreamPlot(props: StreamPlotProps) {
  const loaded = useSignal<typeof import("./stream-plot.tsx") | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    import("./stream-plot.tsx").then(
      (it) => {
        loaded.value = it;
      },
      (failure) => {
        error.value = failure;
      },
    );
  }, [loaded, error]);
  const { StreamPlot: Loaded } = loaded.value ?? {};
  if (Loaded) return <Loaded {...props} />;
  return (
    <section class="plot-view">
      <div class="plot-tools">{props.children}</div>
      <Failure error={error.value} />
      <div class="plot-card plot-empty" />
    </section>
  );
}
