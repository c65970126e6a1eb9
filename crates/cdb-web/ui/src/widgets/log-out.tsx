import { useSignal } from "@preact/signals";
import { forgetAll, waiting } from "../data/queue.ts";
import { text } from "../text/en.ts";

/** Logs out. If values have not been sent yet, it asks what becomes of them. */
export function LogOut({ isBusy, logOut }: { isBusy: boolean; logOut: () => void }) {
  const isAsking = useSignal(false);
  const count = waiting.value.length;
  if (!isAsking.value || count === 0) {
    return (
      <button
        type="button"
        disabled={isBusy}
        onClick={() => {
          if (count === 0) logOut();
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
        <button type="button" disabled={isBusy} onClick={logOut}>
          {text.kept.logOutKeep(count)}
        </button>
        <button
          type="button"
          class="bad"
          disabled={isBusy}
          onClick={async () => {
            await forgetAll();
            logOut();
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
