import { isReached } from "../api/http.ts";
import { waiting } from "../data/queue.ts";
import { text } from "../text/en.ts";

/** Whether the server can be reached, and how many values are kept until it can. */
export function Connection() {
  const count = waiting.value.length;
  return (
    <p class={isReached.value && count === 0 ? "connection well" : "connection"} role="status">
      <span class={isReached.value ? "dot" : "dot due"} />
      {isReached.value ? text.kept.live : text.kept.offline}
      {count > 0 && <span class="tag">{text.kept.count(count)}</span>}
    </p>
  );
}
