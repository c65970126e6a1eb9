import { useSignal } from "@preact/signals";
import { copy } from "../../data/files.ts";
import { text } from "../../text/en.ts";
import { CopyIcon } from "./icons.tsx";

/** A button that copies a text, and says whether it has. */
export function CopyButton(props: { words: string; label: string; isPrimary?: boolean }) {
  const { words, label, isPrimary = false } = props;
  const copied = useSignal<{ words: string; isDone: boolean } | undefined>(undefined);
  const now = copied.value?.words === words ? copied.value : undefined;
  return (
    <>
      <button
        type="button"
        class={isPrimary ? "with-icon primary" : "with-icon"}
        onClick={async () => {
          copied.value = { words, isDone: await copy(words) };
        }}
      >
        <CopyIcon />
        {label}
      </button>
      <span class="hint" role="status">
        {now && (now.isDone ? text.connect.copied : text.connect.notCopied)}
      </span>
    </>
  );
}
