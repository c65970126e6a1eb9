import { useSignal } from "@preact/signals";
import { changeUser, type User, type UserChanges, user } from "../../api/account.ts";
import { logOut, type Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import { alone } from "../../data/alone.ts";
import { usePolled } from "../../data/polled.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Area, Check, Field } from "../../widgets/form.tsx";
import { IconPicker } from "../../widgets/icon-picker.tsx";
import { LogOut } from "../../widgets/log-out.tsx";
import { ThisBrowser } from "../../widgets/this-browser.tsx";
import { say } from "../../widgets/toast.tsx";

/** What one is called, and how one leaves. */
export function MeSettings({ session }: { session: Session }) {
  const { polled } = usePolled(() => user(session.user), Number.POSITIVE_INFINITY, session.user);
  const { value: me, error } = polled.value;
  return (
    <>
      <Failure error={error} />
      {me && <Me me={me} />}
      <Leave session={session} />
      <ThisBrowser />
    </>
  );
}

function Me({ me }: { me: User }) {
  const nickname = useSignal(me.nickname);
  const email = useSignal(me.email ?? "");
  const description = useSignal(me.description);
  const icon = useSignal(me.icon ?? "");
  const isPublic = useSignal(me.public ?? false);
  const { isBusy, error, run } = useAction();
  const save = async () => {
    const changes: UserChanges = {
      nickname: nickname.value,
      description: description.value,
      icon: icon.value,
      public: isPublic.value,
    };
    // One that the server would not take today may have been given by a program.
    if (email.value !== me.email) changes.email = email.value;
    await changeUser(me.name, changes);
    say(text.settings.saved);
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
      <Field label={text.settings.email} text={email} isRequired />
      <Area label={text.edit.description} text={description} />
      <IconPicker icon={icon} fallback="person" />
      <Check label={text.settings.public} checked={isPublic} />
      <Failure error={error.value} />
      <button type="submit" class="primary" disabled={isBusy.value}>
        {text.settings.save}
      </button>
    </form>
  );
}

function Leave({ session }: { session: Session }) {
  const { isBusy, error, run } = useAction();
  return (
    <section class="card">
      <dl>
        <dt>{text.settings.name}</dt>
        <dd>{session.user}</dd>
        <dt>{text.settings.role}</dt>
        <dd>{text.users.roles[session.userRole] ?? session.userRole}</dd>
        <dt>{text.settings.device}</dt>
        <dd>{session.device}</dd>
      </dl>
      <Failure error={error.value} />
      {/* What is being sent is answered first: the server takes nothing more when the session has ended. */}
      <LogOut isBusy={isBusy.value} logOut={() => run(() => alone(logOut))} />
    </section>
  );
}
