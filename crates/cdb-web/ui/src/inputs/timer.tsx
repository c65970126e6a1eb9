import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { draftOf } from "../data/drafts.ts";
import { isA, isNumber } from "../data/schema.ts";
import { text } from "../text/en.ts";
import { duration, readDuration } from "./duration.ts";
import type { Input, InputProps } from "./input.ts";

/** A clock that is started and stopped, or a duration that is typed. The clock goes on while the page is closed. */
function Timer({ path, schema, verb, isBusy, write }: InputProps) {
  const kept = draftOf(path, "timer:");
  const begun = useSignal(Number(kept.read() ?? 0));
  const now = useSignal(Date.now());
  const isRunning = begun.value > 0;
  useEffect(() => {
    if (!isRunning) return;
    now.value = Date.now();
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  const seconds = isRunning ? Math.max(0, (now.value - begun.value) / 1000) : 0;
  const start = () => {
    begun.value = Date.now();
    kept.keep(String(begun.value));
  };
  const drop = () => {
    begun.value = 0;
    kept.drop();
  };
  const stop = async () => {
    const exact = Math.max(0, (Date.now() - begun.value) / 1000);
    const d = schema.type === "integer" ? Math.round(exact) : Math.round(exact * 10) / 10;
    // It goes on if the value could not be written.
    if (await write(d)) drop();
  };
  return (
    <>
      <div class="inline">
        <output class="clock" role="timer">
          {duration(seconds)}
        </output>
        {isRunning ? (
          <>
            <button type="button" class="primary" disabled={isBusy} onClick={() => void stop()}>
              {text.write.stop}
            </button>
            <button type="button" class="quiet" onClick={drop}>
              {text.write.discard}
            </button>
          </>
        ) : (
          <button type="button" class="primary" onClick={start}>
            {text.write.start}
          </button>
        )}
      </div>
      {!isRunning && <Typed verb={verb} isBusy={isBusy} write={write} />}
    </>
  );
}

/** A duration as it is typed. */
function Typed({ verb, isBusy, write }: Pick<InputProps, "verb" | "isBusy" | "write">) {
  const id = useId();
  const typed = useSignal("");
  const problem = useSignal("");
  return (
    <form
      class="inline"
      onSubmit={async (event) => {
        event.preventDefault();
        const seconds = readDuration(typed.value);
        problem.value = seconds === undefined ? text.write.noDuration : "";
        const submitted = typed.value;
        if (seconds === undefined || !(await write(seconds))) return;
        if (typed.value === submitted) typed.value = "";
      }}
    >
      <label class="for-readers" for={id}>
        {text.write.duration}
      </label>
      <input
        id={id}
        autocomplete="off"
        placeholder={text.write.durationHint}
        aria-invalid={problem.value !== ""}
        aria-describedby={problem.value ? `${id}-problem` : undefined}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
      <button type="submit" disabled={isBusy || typed.value.trim() === ""}>
        {verb}
      </button>
      {problem.value && (
        <p class="problem" id={`${id}-problem`} role="alert">
          {problem.value}
        </p>
      )}
    </form>
  );
}

export const timer: Input = {
  when: ({ datatype }, schema) => isA(datatype, "duration") && isNumber(schema),
  Input: Timer,
};
