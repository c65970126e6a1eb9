import { useId } from "preact/hooks";
import { text } from "../../text/en.ts";
import { Control } from "../downlinks/control.tsx";
import { useControls } from "../downlinks/rows.ts";

/** Below what one notes: what devices can be asked for, if there is anything. */
export function Controls({ user }: { user: string }) {
  const { value: rows, now, refresh } = useControls(user);
  const id = useId();
  if (!rows || rows.length === 0) return null;
  return (
    <section class="controls" aria-labelledby={id}>
      <h2 id={id}>
        {text.today.controls} <span class="hint">{text.today.controlsHint}</span>
      </h2>
      <div class="cards">
        {rows.map((row) => (
          <Control key={row.path} row={row} now={now} onChanged={refresh} />
        ))}
      </div>
    </section>
  );
}
