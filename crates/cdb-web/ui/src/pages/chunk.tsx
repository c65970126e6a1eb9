// Pages that are loaded when one goes there.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Session } from "../api/session.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";

type PageComponent = ComponentType<{ session: Session }>;

/** Shows a page of a file of its own. What was loaded once is there at once. */
export function chunk(load: () => Promise<PageComponent>): PageComponent {
  let loaded: PageComponent | undefined;
  return function Chunk({ session }) {
    const isLoaded = useSignal(loaded !== undefined);
    const error = useSignal<unknown>(undefined);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (page) => {
          loaded = page;
          isLoaded.value = true;
        },
        () => {
          error.value = new Error(text.errors.chunk);
        },
      );
    }, []);
    if (error.value) return <Failure error={error.value} />;
    const Page = isLoaded.value ? loaded : undefined;
    return Page ? <Page session={session} /> : null;
  };
}
