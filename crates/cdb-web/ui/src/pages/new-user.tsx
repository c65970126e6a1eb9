import { useSignal } from "@preact/signals";
import { createUser } from "../api/account.ts";
import { useAction } from "../data/action.ts";
import { go } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Check, Field, NameField } from "../widgets/form.tsx";
import { Head } from "../widgets/head.tsx";
import { say } from "../widgets/toast.tsx";
import { Role } from "./users/user.tsx";

/** A new user, whom an administrator gives a first password. */
export function NewUserPage() {
  const name = useSignal("");
  const email = useSignal("");
  const password = useSignal("");
  const role = useSignal("user");
  const isPublic = useSignal(false);
  const { isBusy, error, run } = useAction();
  const create = async () => {
    await createUser(name.value, {
      email: email.value,
      password: password.value,
      role: role.value,
      public: isPublic.value,
    });
    say(text.users.created(name.value));
    go("/app/users");
  };
  return (
    <>
      <Head title={text.users.create} />
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void run(create);
        }}
      >
        <NameField name={name} />
        <Field label={text.users.email} text={email} type="email" isRequired />
        <Field
          label={text.users.password}
          hint={text.users.passwordHint}
          text={password}
          type="password"
          autocomplete="new-password"
          isRequired
        />
        <Role role={role} />
        <Check label={text.edit.public} checked={isPublic} />
        <Failure error={error.value} />
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? text.create.creating : text.users.createUser}
        </button>
      </form>
    </>
  );
}
