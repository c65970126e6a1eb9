import { useSignal } from "@preact/signals";
import { createDevice } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useAction } from "../data/action.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Field, NameField } from "../widgets/form.tsx";
import { Head } from "../widgets/head.tsx";
import { Key } from "../widgets/key.tsx";

/** A new device, and how it writes its first value. */
export function NewDevicePage({ session }: { session: Session }) {
  const name = useSignal("");
  const nickname = useSignal("");
  const { isBusy, error, run } = useAction();
  const created = useSignal<{ path: string; key: string } | undefined>(undefined);

  const submit = (event: Event) => {
    event.preventDefault();
    const path = `${session.user}/${name.value}`;
    void run(async () => {
      const { apikey } = await createDevice(path, { nickname: nickname.value });
      created.value = { path, key: apikey ?? "" };
    });
  };
  if (created.value) {
    const { path, key } = created.value;
    return (
      <section class="card">
        <h1>{text.create.created(name.value)}</h1>
        <Key path={path} apikey={key} />
        <a class="button primary" href={`/${path}`}>
          {text.create.seeDevice}
        </a>
      </section>
    );
  }
  return (
    <>
      <Head title={text.create.deviceTitle} />
      <form class="card" onSubmit={submit}>
        <p>{text.create.deviceRole}</p>
        <NameField name={name} />
        <Field label={text.create.nickname} hint={text.create.nicknameHint} text={nickname} />
        <Failure error={error.value} />
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? text.create.creating : text.create.createDevice}
        </button>
      </form>
    </>
  );
}
