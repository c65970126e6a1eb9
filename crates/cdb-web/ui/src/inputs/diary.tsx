import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { draftOf } from "../data/drafts.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";

/** A text. What was not written yet is kept in the browser. */
function Diary({ path, verb, isBusy, write }: InputProps) {
  const id = useId();
  const draft = draftOf(path);
  const written = useSignal(draft.read() ?? "");
  const submit = async () => {
    const submitted = written.value;
    if (isBusy || submitted.trim() === "" || !(await write(submitted))) return;
    // More was typed meanwhile.
    if (written.value !== submitted) return;
    written.value = "";
    draft.drop();
  };
  return (
    <form
      class="tall"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label class="for-readers" for={id}>
        {text.write.text}
      </label>
      <textarea
        id={id}
        rows={4}
        placeholder={text.write.text}
        value={written.value}
        onInput={(event) => {
          written.value = event.currentTarget.value;
          draft.keep(written.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
        }}
      />
      <button type="submit" class="primary" disabled={isBusy || written.value.trim() === ""}>
        {verb}
      </button>
    </form>
  );
}

export const diary: Input = { when: (_, { type }) => type === "string", Input: Diary };
