import { type Signal, useSignal } from "@preact/signals";
import { changeUser, removeUser, type User, type UserChanges, user } from "../../api/account.ts";
import { ApiError } from "../../api/http.ts";
import { devices, latest } from "../../api/objects.ts";
import type { Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import { usePolled } from "../../data/polled.ts";
import { go } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Check, Field, Select } from "../../widgets/form.tsx";
import { Head } from "../../widgets/head.tsx";
import { say } from "../../widgets/toast.tsx";

interface Shown {
  user: User;
  /** What goes with the user, in words. */
  holds: string;
}

async function ask(name: string): Promise<Shown> {
  const [it, own, last] = await Promise.all([user(name), devices(name), latest([name])]);
  const points = last.reduce((sum, { length }) => sum + length, 0);
  const one = (n: number) => n === 1;
  return {
    user: it,
    holds: text.devices.summary(
      text.devices.devices(count(own.length), one(own.length)),
      text.devices.streams(count(last.length), one(last.length)),
      text.devices.points(count(points), one(points)),
    ),
  };
}

/** One user, as an administrator changes and deletes them. */
export function UserPage({ session, name }: { session: Session; name: string }) {
  const { polled, refresh } = usePolled(() => ask(name), Number.POSITIVE_INFINITY, name);
  const { value: shown, error } = polled.value;
  const isMissing = error instanceof ApiError && error.code === 404;
  return (
    <>
      <Head title={shown?.user.nickname || name} below={shown && name} />
      {isMissing ? <p>{text.users.missing(name)}</p> : <Failure error={error} />}
      {shown && <Change user={shown.user} isSelf={name === session.user} onChanged={refresh} />}
      {shown && name !== session.user && <Delete name={name} holds={shown.holds} />}
    </>
  );
}

function Change(props: { user: User; isSelf: boolean; onChanged: () => void }) {
  const { user, isSelf, onChanged } = props;
  const nickname = useSignal(user.nickname);
  const email = useSignal(user.email ?? "");
  const role = useSignal(user.role ?? "user");
  const isPublic = useSignal(user.public ?? false);
  const password = useSignal("");
  const { isBusy, error, run } = useAction();
  const save = async () => {
    const changes: UserChanges = { nickname: nickname.value, public: isPublic.value };
    if (email.value !== user.email) changes.email = email.value;
    if (role.value !== user.role) changes.role = role.value;
    if (password.value) changes.password = password.value;
    await changeUser(user.name, changes);
    password.value = "";
    say(text.settings.saved);
    onChanged();
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void run(save);
      }}
    >
      <Field label={text.create.nickname} text={nickname} />
      <Field label={text.users.email} text={email} isRequired />
      {isSelf ? (
        <p class="hint">{text.users.self}</p>
      ) : (
        <>
          <Role role={role} />
          <Field
            label={text.users.newPassword}
            hint={text.users.newPasswordHint}
            text={password}
            type="password"
            autocomplete="new-password"
          />
        </>
      )}
      <Check label={text.edit.public} checked={isPublic} />
      <Failure error={error.value} />
      <button type="submit" class="primary" disabled={isBusy.value}>
        {text.settings.save}
      </button>
    </form>
  );
}

export function Role({ role }: { role: Signal<string> }) {
  return (
    <Select label={text.users.role} chosen={role}>
      {Object.entries(text.users.roles).map(([id, words]) => (
        <option key={id} value={id}>
          {words}
        </option>
      ))}
    </Select>
  );
}

function Delete({ name, holds }: { name: string; holds: string }) {
  const typed = useSignal("");
  const { isBusy, error, run } = useAction();
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          await removeUser(name);
          say(text.edit.deleted(name));
          go("/app/users");
        });
      }}
    >
      <p>{text.edit.deleteHint(holds)}</p>
      <Field label={text.edit.typeName(name)} text={typed} />
      <Failure error={error.value} />
      <button type="submit" class="bad" disabled={isBusy.value || typed.value !== name}>
        {text.edit.delete(name)}
      </button>
    </form>
  );
}
