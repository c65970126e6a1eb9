import { useEffect } from "preact/hooks";
import { useAction } from "../../data/action.ts";
import { needPins, pins, togglePin } from "../../data/pins.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";

/** Pins a stream to the side bar, or takes it off. */
export function Pin({ user, path }: { user: string; path: string }) {
  const { isBusy, error, run } = useAction();
  useEffect(() => void needPins(user), [user]);
  return (
    <>
      <button
        type="button"
        aria-pressed={pins.value.includes(path)}
        disabled={isBusy.value}
        onClick={() => void run(() => togglePin(user, path))}
      >
        {text.stream.pinHere}
      </button>
      <Failure error={error.value} />
    </>
  );
}
