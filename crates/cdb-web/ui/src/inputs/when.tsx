import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { request } from "../api/http.ts";
import { putBack, removeAt } from "../api/objects.ts";
import { localText, timeOfLocal } from "../data/wall.ts";
import { text } from "../text/en.ts";
import { dateTime, value } from "../text/format.ts";
import { say } from "../widgets/toast.tsx";

// Clocks differ by so much, in seconds.
const TOLERANCE = 60;

/** Notes a value for an earlier moment: it is sorted in by its time, and never moved. */
export async function noteAt(path: string, d: unknown, t: number): Promise<void> {
  if (t > Date.now() / 1000 + TOLERANCE) throw new Error(text.write.future);
  await putBack(path, { t, d });
  say(text.write.wasWrittenAt(value(d), dateTime(t)), () => takeBack(path, d, t));
}

/** Deletes a value that was noted for a moment, unless something was noted for the same moment since. */
async function takeBack(path: string, d: unknown, t: number): Promise<void> {
  const after = Number(await request("GET", `crud/${path}/data?q=time2index&t=${t}`));
  if (!(await removeAt(path, after - 1, { t, d }))) say(text.write.tooLate);
}

/** Another moment than now for what is noted next. */
export function When({ at }: { at: Signal<number | undefined> }) {
  const id = useId();
  const typed = useSignal("");
  const isOpen = at.value !== undefined || typed.value !== "";
  const time = at.value;
  const isFuture = time !== undefined && time > Date.now() / 1000 + TOLERANCE;
  const choose = (written: string) => {
    typed.value = written;
    at.value = timeOfLocal(written);
  };
  if (!isOpen) {
    return (
      <button type="button" class="quiet when" onClick={() => choose(localText(Date.now() / 1000))}>
        {text.write.when}
      </button>
    );
  }
  return (
    <div class="inline when">
      <div class="field">
        <label for={id}>{text.write.at}</label>
        <input
          id={id}
          type="datetime-local"
          step="1"
          value={typed.value}
          aria-describedby={`${id}-hint`}
          onInput={(event) => choose(event.currentTarget.value)}
        />
      </div>
      <button type="button" class="quiet" onClick={() => choose("")}>
        {text.write.now}
      </button>
      <p class="hint" id={`${id}-hint`}>
        {isFuture ? text.write.future : text.write.atHint}
      </p>
    </div>
  );
}
