import type { Look } from "../data/look.ts";
import { Lazy } from "../widgets/lazy.tsx";
import type { About } from "./view.ts";

const load = async () => (await import("./views.tsx")).Views;

/** The views of a stream, whose file is loaded when they are needed first. */
export function Views(props: { about: About; look: Look }) {
  return <Lazy load={load} props={props} />;
}
