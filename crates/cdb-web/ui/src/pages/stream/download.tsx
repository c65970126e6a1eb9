import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useAction } from "../../data/action.ts";
import type { Format } from "../../data/download.ts";
import { save } from "../../data/files.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";

const FORMATS: Format[] = ["csv", "json"];

/** Downloads what is looked at: the range, and what the script gives of it. */
export function Download(props: {
  path: string;
  transform: string;
  bounds: string;
  /** The times of the first and the last datapoint. */
  range: [number, number] | undefined;
}) {
  const { path, transform, bounds, range } = props;
  const { isBusy, error, run } = useAction();
  const progress = useSignal(0);
  const stop = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const download = (format: Format) =>
    run(async () => {
      const abort = new AbortController();
      stop.current = abort;
      progress.value = 0;
      const onCount = (count: number) => {
        progress.value = count;
      };
      try {
        const { file, fileName } = await import("../../data/download.ts");
        const wanted = { path, transform, bounds, format };
        save(fileName(path, range, format), await file(wanted, onCount, abort.signal));
      } catch (failure) {
        if (!abort.signal.aborted) throw failure;
      }
    });
  return (
    <>
      {isBusy.value && (
        <span class="hint" role="status">
          {text.download.progress(count(progress.value))}
        </span>
      )}
      {isBusy.value && (
        <button type="button" onClick={() => stop.current?.abort()}>
          {text.download.stop}
        </button>
      )}
      {!isBusy.value &&
        FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            aria-label={text.download.as(format.toUpperCase())}
            onClick={() => void download(format)}
          >
            {format.toUpperCase()}
          </button>
        ))}
      <Failure error={error.value} />
    </>
  );
}
