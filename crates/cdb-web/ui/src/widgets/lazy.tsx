import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError } from "../api/http.ts";
import { text } from "../text/en.ts";
import { Failure } from "./failure.tsx";

/** A component of a file that is loaded when it is needed. Until then there is nothing. */
export function Lazy<P extends object>(props: { load: () => Promise<ComponentType<P>>; props: P }) {
  const { load } = props;
  const loaded = useSignal<{ it: ComponentType<P> } | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    load().then(
      (it) => {
        loaded.value = { it };
      },
      () => {
        error.value = new ApiError(text.errors.network, 0);
      },
    );
  }, [load, loaded, error]);
  const Loaded = loaded.value?.it;
  return Loaded ? <Loaded {...props.props} /> : <Failure error={error.value} />;
}
