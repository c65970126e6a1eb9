import { useSignal } from "@preact/signals";
import { type Changes, change, type Device, remove, type Stream } from "../api/objects.ts";
import { useAction } from "../data/action.ts";
import { go } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "./failure.tsx";
import { Field } from "./form.tsx";
import { Key } from "./key.tsx";
import { say } from "./toast.tsx";

/** Changes and deletes a device or a stream. */
export function Edit(props: {
  path: string;
  object: Device | Stream;
  /** How much goes with it when it is deleted. */
  holds: string;
  /** Where one is when it is gone. */
  above: string;
  onChanged: () => void;
}) {
  const { path, object, holds, above, onChanged } = props;
  const nickname = useSignal(object.nickname);
  const description = useSignal(object.description);
  const typed = useSignal("");
  const key = useSignal<string | undefined>(undefined);
  const { isBusy, error, run } = useAction();
  const isDevice = !("schema" in object);

  const save = (changes: Changes) =>
    run(async () => {
      const changed: Device | Stream = await change(path, changes);
      if (changes.apikey !== undefined && "apikey" in changed) key.value = changed.apikey;
      else say(text.edit.saved);
      onChanged();
    });
  return (
    <details class="card">
      <summary>{text.edit.title}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save({ nickname: nickname.value, description: description.value });
        }}
      >
        <Field label={text.create.nickname} text={nickname} />
        <Field label={text.edit.description} text={description} />
        <button type="submit" disabled={isBusy.value}>
          {text.edit.save}
        </button>
      </form>
      {isDevice && (
        <div class="part">
          <p>{text.edit.newKeyHint}</p>
          <button type="button" disabled={isBusy.value} onClick={() => void save({ apikey: "" })}>
            {text.edit.newKey}
          </button>
          {key.value !== undefined && <Key path={path} apikey={key.value} />}
        </div>
      )}
      <form
        class="part"
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            await remove(path);
            say(text.edit.deleted(path));
            go(above);
          });
        }}
      >
        <p>{text.edit.deleteHint(holds)}</p>
        <Field label={text.edit.typeName(path)} text={typed} />
        <button type="submit" class="bad" disabled={isBusy.value || typed.value !== path}>
          {text.edit.delete(path)}
        </button>
      </form>
      <Failure error={error.value} />
    </details>
  );
}
