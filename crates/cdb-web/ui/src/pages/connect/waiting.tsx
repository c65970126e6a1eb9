import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Latest, latest } from "../../api/objects.ts";
import { useLive } from "../../data/live.ts";
import { usePolled } from "../../data/polled.ts";
import { text } from "../../text/en.ts";
import { value } from "../../text/format.ts";
import { Age } from "../../widgets/age.tsx";
import { Failure } from "../../widgets/failure.tsx";

const INTERVAL = 5000;

/** Waits for the first datapoint of a device, and shows it. */
export function Waiting({ paths, units }: { paths: string[]; units: Record<string, string> }) {
  const key = paths.join(" ");
  const { polled, refresh } = usePolled(() => latest(paths), INTERVAL, key);
  useLive(paths, refresh);
  const { value: all, error, now } = polled.value;
  const first = all?.find(({ last }) => last !== null);
  return (
    <div class="waiting">
      <Edge isThere={first !== undefined} />
      <Failure error={error} />
      <div role="status">
        {first ? <Arrived first={first} now={now} unit={units[first.stream] ?? ""} /> : <Words />}
      </div>
    </div>
  );
}

/** A line of dots with a dot that breathes, or what it becomes. */
function Edge({ isThere }: { isThere: boolean }) {
  return (
    <svg class={isThere ? "edge there" : "edge"} aria-hidden="true" focusable="false">
      <line x1="0" y1="24" x2="90%" y2="24" />
      <circle class="halo" cx="90%" cy="24" r="18" />
      <circle class="halo inner" cx="90%" cy="24" r="11" />
      <circle class="point" cx="90%" cy="24" r="5" />
    </svg>
  );
}

function Words() {
  return (
    <>
      <p class="waiting-head">
        <strong>{text.connect.waiting}</strong>
        <Elapsed />
      </p>
      <p>{text.connect.waitingHint}</p>
    </>
  );
}

/** How long one has waited. Nothing that a screen reader must say each second. */
function Elapsed() {
  const seconds = useSignal(0);
  useEffect(() => {
    const start = Date.now();
    const timer = setInterval(() => {
      seconds.value = Math.floor((Date.now() - start) / 1000);
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const minutes = Math.floor(seconds.value / 60);
  return (
    <span class="hint" aria-hidden="true">
      {minutes}:{String(seconds.value % 60).padStart(2, "0")}
    </span>
  );
}

function Arrived({ first, now, unit }: { first: Latest; now: number; unit: string }) {
  const name = first.stream.split("/").at(-1) ?? "";
  return (
    <>
      <p class="headline">
        <strong>
          {value(first.last?.d)}
          {unit && <span class="unit">{`\u2009${unit}`}</span>}
        </strong>{" "}
        {first.last && <Age t={first.last.t} now={now} />}
      </p>
      <p>{text.connect.works(name)}</p>
      <p>
        <a class="button primary" href={`/${first.stream}`}>
          {text.connect.see(name)}
        </a>
      </p>
    </>
  );
}
