import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Changes, change, type Device, remove, type Stream } from "../api/objects.ts";
import { useAction } from "../data/action.ts";
import { go, search } from "../route.ts";
import { text } from "../text/en.ts";
import { changesOf, DeviceFields, StreamFields, useFields } from "./edit-fields.tsx";
import { Failure } from "./failure.tsx";
import { Area, Field } from "./form.tsx";
import { IconPicker } from "./icon-picker.tsx";
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
  /** Whether it can go alone. */
  canDelete?: boolean;
  onChanged: () => void;
}) {
  const { path, object, holds, above, canDelete = true, onChanged } = props;
  const fields = useFields(object);
  const { isBusy, error, run } = useAction();
  const details = useRef<HTMLDetailsElement>(null);
  const isStream = "schema" in object;

  // The address says that one has come to change it.
  const isAsked = new URLSearchParams(search.value).has("edit");
  useEffect(() => {
    if (!isAsked || !details.current) return;
    details.current.open = true;
    details.current.scrollIntoView();
  }, [isAsked]);

  const save = () =>
    run(async () => {
      const changes = changesOf(fields, object);
      if (Object.keys(changes).length === 0) {
        say(text.edit.nothingChanged);
        return;
      }
      await change(path, changes);
      say(text.edit.saved);
      onChanged();
    });
  return (
    <details class="card" ref={details}>
      <summary>{text.edit.title}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label={text.create.nickname} text={fields.nickname} />
        <Area label={text.edit.description} text={fields.description} />
        <IconPicker icon={fields.icon} fallback={isStream ? "line" : "devices"} />
        {isStream ? <StreamFields fields={fields} /> : <DeviceFields fields={fields} />}
        <Failure error={error.value} />
        <button type="submit" class="primary" disabled={isBusy.value}>
          {text.edit.save}
        </button>
      </form>
      {!isStream && <NewKey path={path} onChanged={onChanged} />}
      {canDelete && <Delete path={path} holds={holds} above={above} />}
    </details>
  );
}

/** Makes a new key of a device, and shows it this once. */
function NewKey({ path, onChanged }: { path: string; onChanged: () => void }) {
  const { isBusy, error, run } = useAction();
  const key = useSignal<string | undefined>(undefined);
  const renew = async () => {
    const changes: Changes = { apikey: "" };
    key.value = (await change<Device>(path, changes)).apikey;
    onChanged();
  };
  return (
    <div class="part">
      <p>{text.edit.newKeyHint}</p>
      <button type="button" disabled={isBusy.value} onClick={() => void run(renew)}>
        {text.edit.newKey}
      </button>
      <Failure error={error.value} />
      {key.value !== undefined && <Key path={path} apikey={key.value} />}
    </div>
  );
}

function Delete({ path, holds, above }: { path: string; holds: string; above: string }) {
  const typed = useSignal("");
  const { isBusy, error, run } = useAction();
  return (
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
      <Failure error={error.value} />
      <button type="submit" class="bad" disabled={isBusy.value || typed.value !== path}>
        {text.edit.delete(path)}
      </button>
    </form>
  );
}
