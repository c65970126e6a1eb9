import type { Plan } from "../../data/csv-plan.ts";
import { save } from "../../data/files.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { DryRun } from "./dry-run.tsx";
import { Refused, refusedCsv } from "./refused.tsx";
import type { Progress, Upload } from "./use-upload.ts";

/** The dry run, and what is done after it. */
export function Checked(props: {
  upload: Upload;
  plan: Plan;
  path: string;
  /** The form of what is above, which is sent by the button to write. */
  form: string;
  isBusy: boolean;
  onCorrect: (row: number, column: number, cell: string) => void;
  onAgain: () => void;
}) {
  const { upload, plan, path, form, isBusy, onCorrect, onAgain } = props;
  const { value: phase } = upload.phase;
  const { value: result } = upload.result;
  const { value: progress } = upload.progress;
  const { value: written } = upload.written;
  const isOver = phase === "written" && written;
  const refused = isOver ? written.refused : (result?.refused ?? []);
  return (
    <>
      <section class={phase === "checking" ? "card dry-run stale" : "card dry-run"}>
        <h2>
          {text.upload.dryRun}{" "}
          <span class="hint">
            {phase === "checking"
              ? text.upload.checking
              : result && text.upload.doneIn(result.seconds.toFixed(1))}
          </span>
        </h2>
        {phase === "checking" && progress && <Bar label={text.upload.checking} {...progress} />}
        {result && <DryRun result={result} />}
        {refused.length > 0 && <Refused plan={plan} refused={refused} onCorrect={onCorrect} />}
      </section>
      {phase === "writing" && <Writing upload={upload} progress={progress} />}
      <div role="status">{isOver && <Done upload={upload} path={path} onAgain={onAgain} />}</div>
      {phase !== "writing" && !isOver && (
        <p class="actions">
          <button
            type="submit"
            form={form}
            class="primary"
            disabled={isBusy || phase !== "checked" || !result || result.good === 0}
          >
            {text.upload.write(count(result?.good ?? 0), result?.good === 1)}
          </button>
          {refused.length > 0 && (
            <button
              type="button"
              onClick={() => save("refused.csv", refusedCsv(plan, refused), "text/csv")}
            >
              {text.upload.saveRefused(count(refused.length), refused.length === 1)}
            </button>
          )}
          <span class="hint">{text.upload.resume}</span>
        </p>
      )}
    </>
  );
}

function Bar({ label, done, all }: Progress & { label: string }) {
  return <progress aria-label={label} max={all} value={done} />;
}

function Writing({ upload, progress }: { upload: Upload; progress: Progress | undefined }) {
  return (
    <section class="card" aria-label={text.upload.writing}>
      <p role="status">{progress?.isWaiting ? text.upload.waiting : text.upload.writing}</p>
      {progress && (
        <>
          <Bar label={text.upload.writing} {...progress} />
          <p class="hint">{text.upload.sent(count(progress.done), count(progress.all))}</p>
        </>
      )}
      <button type="button" onClick={() => upload.stop()}>
        {text.upload.stop}
      </button>
    </section>
  );
}

function Done(props: { upload: Upload; path: string; onAgain: () => void }) {
  const { upload, path, onAgain } = props;
  const { sent = 0, isStopped = false, refused = [] } = upload.written.value ?? {};
  return (
    <section class="card">
      <p>
        <strong>{text.upload.done(count(sent), sent === 1, path)}</strong>{" "}
        {isStopped && text.upload.stopped}
        {refused.length > 0 && text.upload.refusedLater(count(refused.length))}
      </p>
      <p class="actions">
        <a class="button primary" href={`/${path}`}>
          {text.connect.see(path.split("/").at(-1) ?? "")}
        </a>
        {isStopped && (
          <button type="button" onClick={onAgain}>
            {text.upload.goOn}
          </button>
        )}
      </p>
    </section>
  );
}
