import { useSignal } from "@preact/signals";
import { changePassword } from "../../api/account.ts";
import { isOpen, logIn, type Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Field } from "../../widgets/form.tsx";
import { say } from "../../widgets/toast.tsx";

/** What is shorter is guessed. */
const MIN_LENGTH = 8;

/** Changes the password, for which the old one is asked. */
export function PasswordSettings({ session }: { session: Session }) {
  const old = useSignal("");
  const next = useSignal("");
  const again = useSignal("");
  const { isBusy, error, run } = useAction();
  const isShort = next.value !== "" && next.value.length < MIN_LENGTH;
  const differs = again.value !== "" && again.value !== next.value;
  const change = async () => {
    const password = next.value;
    await changePassword(session.user, old.value, password);
    // This session may have ended with the others: it is opened again, before the page notices.
    if (!(await isOpen())) await logIn(session.user, password, true);
    for (const field of [old, next, again]) field.value = "";
    say(text.settings.passwordChanged);
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        if (next.value === again.value) void run(change);
      }}
    >
      <Field
        label={text.settings.oldPassword}
        text={old}
        type="password"
        autocomplete="current-password"
        isRequired
      />
      <Field
        label={text.settings.newPassword}
        problem={isShort ? text.settings.tooShort(MIN_LENGTH) : undefined}
        text={next}
        type="password"
        autocomplete="new-password"
        isRequired
      />
      <Field
        label={text.settings.again}
        problem={differs ? text.settings.notTheSame : undefined}
        text={again}
        type="password"
        autocomplete="new-password"
        isRequired
      />
      <p class="hint">{text.settings.passwordHint}</p>
      <Failure error={error.value} />
      <button type="submit" class="primary" disabled={isBusy.value}>
        {text.settings.changePassword}
      </button>
    </form>
  );
}
