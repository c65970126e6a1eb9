import { isReached } from "../api/http.ts";
import { waiting } from "../data/queue.ts";
import { text } from "../text/en.ts";

/** Whether the server can be reached, and how many values are kept until it can. */
export function Connection() {
  const count = waiting.value.length;
  const state = count > 0 ? "keeps" : isReached.value ? "well" : "";
  return (
    <p class={`connection ${state}`} role="status">
      <span class={isReached.value ? "dot" : "dot due"} />
      <span class="state">{isReached.value ? text.kept.live : text.kept.offline}</span>
      {count > 0 && <span class="tag">{text.kept.count(count)}</span>}
    </p>
  );
}
