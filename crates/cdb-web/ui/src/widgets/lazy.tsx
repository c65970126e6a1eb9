import { useSignal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { ApiError, isReached } from "../api/http.ts";
import { text } from "../text/en.ts";
import { Failure } from "./failure.tsx";

/**
 * A component of a file that is loaded when it is needed first. Until then there is what `waiting` makes of the
 * reason why it could not be loaded, if there is one: by default that alone. It is loaded again when the server can
 * be reached again.
 */
export function Lazy<P extends object>(props: {
  load: () => Promise<ComponentType<P>>;
  props: P;
  waiting?: (failure: VNode) => VNode;
}) {
  const { load, waiting = (failure) => failure } = props;
  const loaded = useSignal<{ it: ComponentType<P> } | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const canLoad = isReached.value;
  useEffect(() => {
    if (loaded.peek() || (error.peek() && !canLoad)) return;
    load().then(
      (it) => {
        loaded.value = { it };
      },
      () => {
        error.value = new ApiError(text.errors.network, 0);
      },
    );
  }, [load, canLoad, loaded, error]);
  const Loaded = loaded.value?.it;
  return Loaded ? <Loaded {...props.props} /> : waiting(<Failure error={error.value} />);
}
