import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Look } from "../data/look.ts";
import { Failure } from "../widgets/failure.tsx";
import type { About } from "./view.ts";

/** The views of a stream. What draws them is fetched when they are needed first. */
export function Views(props: { about: About; look: Look }) {
  const loaded = useSignal<typeof import("./views.tsx") | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    import("./views.tsx").then(
      (it) => {
        loaded.value = it;
      },
      (failure) => {
        error.value = failure;
      },
    );
  }, [loaded, error]);
  const { Views: Loaded } = loaded.value ?? {};
  return Loaded ? <Loaded {...props} /> : <Failure error={error.value} />;
}
