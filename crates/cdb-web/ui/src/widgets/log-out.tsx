import { useSignal } from "@preact/signals";
import { forget, waiting } from "../data/queue.ts";
import { text } from "../text/en.ts";

/** Logs out. If values have not been sent yet, it asks what becomes of them. */
export function LogOut(props: {
  isBusy: boolean;
  /** Returns whether that was done. */
  logOut: () => Promise<boolean>;
}) {
  const { isBusy, logOut } = props;
  const isAsking = useSignal(false);
  const count = waiting.value.length;
  if (!isAsking.value || count === 0) {
    return (
      <button
        type="button"
        disabled={isBusy}
        onClick={() => {
          if (count === 0) void logOut();
          else isAsking.value = true;
        }}
      >
        {isBusy ? text.settings.loggingOut : text.settings.logOut}
      </button>
    );
  }
  return (
    <div class="note warn asks" role="alert">
      <p>{text.kept.logOut(count)}</p>
      <p class="actions">
        <button type="button" disabled={isBusy} onClick={() => void logOut()}>
          {text.kept.logOutKeep(count)}
        </button>
        <button
          type="button"
          class="bad"
          disabled={isBusy}
          onClick={async () => {
            // Those of nobody are not to be seen afterwards.
            const values = waiting.value;
            if (await logOut()) await forget(...values);
          }}
        >
          {text.kept.logOutDelete(count)}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            isAsking.value = false;
          }}
        >
          {text.kept.stay}
        </button>
      </p>
    </div>
  );
}
