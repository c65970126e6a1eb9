import { text } from "../text/en.ts";

/** Says that what a script gives cannot be drawn so. */
export function Unfit() {
  return <p class="hint">{text.views.unfit}</p>;
}
