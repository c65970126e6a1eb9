import { useSignal } from "@preact/signals";
import { copy } from "../data/files.ts";
import { text } from "../text/en.ts";

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
        {now && (now.isDone ? text.copy.copied : text.copy.notCopied)}
      </span>
    </>
  );
}

function CopyIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <rect x="5.500" y="5.500" width="8" height="8" rx="1.500" />
      <path d="M10.500 5.500V4A1.500 1.500 0 0 0 9 2.500H4A1.500 1.500 0 0 0 2.500 4v5A1.500 1.500 0 0 0 4 10.500h1.500" />
    </svg>
  );
}
