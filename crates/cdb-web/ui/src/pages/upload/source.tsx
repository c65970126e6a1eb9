import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { text } from "../../text/en.ts";

/** Where a file comes from: chosen, dropped, or its text pasted. */
export function Source({ onFile }: { onFile: (file: Blob, name: string) => void }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const isOver = useSignal(false);
  const pasted = useSignal("");
  const take = (file: File | null | undefined) => {
    if (file) onFile(file, file.name);
  };
  const takeText = (words: string) => {
    if (words.trim() !== "") onFile(new Blob([words]), text.upload.pastedName);
  };
  // What is pasted anywhere on the page, and not into a field, is a file as well.
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (event.target instanceof Element && event.target.closest("input, textarea")) return;
      const [file] = event.clipboardData?.files ?? [];
      if (file) take(file);
      else takeText(event.clipboardData?.getData("text/plain") ?? "");
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);
  return (
    <section
      class={isOver.value ? "card drop-zone over" : "card drop-zone"}
      aria-label={text.upload.choose}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => {
        isOver.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files[0]);
      }}
    >
      <p>{text.upload.what}</p>
      <input
        ref={input}
        hidden
        type="file"
        accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/*,application/json"
        onChange={(event) => take(event.currentTarget.files?.[0])}
      />
      <p class="actions">
        <button type="button" class="primary" onClick={() => input.current?.click()}>
          {text.upload.choose}
        </button>
        <span class="hint">{text.upload.orDrop}</span>
      </p>
      <form
        class="tall"
        onSubmit={(event) => {
          event.preventDefault();
          takeText(pasted.value);
        }}
      >
        <label for={`${id}-text`}>{text.upload.paste}</label>
        <textarea
          id={`${id}-text`}
          class="code"
          rows={4}
          spellcheck={false}
          placeholder={text.upload.pasteHint}
          value={pasted.value}
          onInput={(event) => {
            pasted.value = event.currentTarget.value;
          }}
        />
        <button type="submit" disabled={pasted.value.trim() === ""}>
          {text.upload.read}
        </button>
      </form>
    </section>
  );
}
