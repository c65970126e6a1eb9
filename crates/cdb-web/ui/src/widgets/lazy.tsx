import { useSignal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError } from "../api/http.ts";
import { text } from "../text/en.ts";
import { Failure } from "./failure.tsx";

/**
 * A component of a file that is loaded when it is needed first. Until then there is what `waiting` makes of the
 * reason why it could not be loaded, if there is one: by default that alone.
 */
export function Lazy<P extends object>(props: {
  load: () => Promise<ComponentType<P>>;
  props: P;
  waiting?: (failure: VNode) => VNode;
}) {
  const { load, waiting = (failure) => failure } = props;
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
  return Loaded ? <Loaded {...props.props} /> : waiting(<Failure error={error.value} />);
}
