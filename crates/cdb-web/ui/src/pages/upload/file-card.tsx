import { text } from "../../text/en.ts";
import { bytes, count } from "../../text/format.ts";
import type { Upload } from "./use-upload.ts";

/** The file, and a way back to another one. */
export function FileCard({ upload }: { upload: Upload }) {
  const { value: result } = upload.result;
  const rows = result && result.good + result.bad + result.there + result.empty;
  const isWriting = upload.phase.value === "writing";
  return (
    <section class="card file" aria-label={text.upload.file}>
      <p>
        <strong>{upload.name.value}</strong>{" "}
        <span class="hint">
          {bytes(upload.size.value)}
          {rows !== undefined && `, ${text.upload.rows(count(rows), rows === 1)}`}
        </span>
      </p>
      <button
        type="button"
        class="quiet"
        disabled={isWriting}
        onClick={() => {
          upload.close();
          upload.plan.value = undefined;
          upload.result.value = undefined;
        }}
      >
        {text.upload.other}
      </button>
    </section>
  );
}
