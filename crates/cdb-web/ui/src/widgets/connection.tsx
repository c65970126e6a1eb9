import { connection } from "../data/connection.ts";
import { waiting } from "../data/queue.ts";
import { text } from "../text/en.ts";

/** Whether values come as they are written, and how many are kept until the server can be reached. */
export function Connection() {
  const state = connection.value;
  const count = waiting.value.length;
  return (
    <p class="connection" role="status">
      <span class={`dot ${state}`} />
      <span>{text.connection[state]}</span>
      {count > 0 && <span class="tag warn">{text.kept.count(count)}</span>}
    </p>
  );
}
