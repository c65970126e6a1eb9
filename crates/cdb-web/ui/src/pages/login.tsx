import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { ApiError } from "../api/http.ts";
import { logIn } from "../api/session.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Check } from "../widgets/form.tsx";
import { Mark } from "../widgets/icons.tsx";

export function LoginPage() {
  const id = useId();
  const user = useSignal("");
  const password = useSignal("");
  const stay = useSignal(true);
  const isShown = useSignal(false);
  const isBusy = useSignal(false);
  const error = useSignal<unknown>(undefined);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy.value) return;
    isBusy.value = true;
    error.value = undefined;
    try {
      await logIn(user.value, password.value, stay.value);
    } catch (failure) {
      const isRefused = failure instanceof ApiError && failure.code === 401;
      error.value = isRefused
        ? new ApiError(text.login.refused, failure.code, failure.reference)
        : failure;
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1 class="brand">
          <Mark />
          {text.product}
        </h1>
        <label for={`${id}-user`}>{text.login.name}</label>
        <input
          id={`${id}-user`}
          name="user"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={user.value}
          onInput={(event) => {
            user.value = event.currentTarget.value;
          }}
        />
        <label for={`${id}-password`}>{text.login.password}</label>
        <div class="with-action">
          <input
            {...(isShown.value ? { type: "text" } : { type: "password" })}
            id={`${id}-password`}
            name="password"
            autocomplete="current-password"
            required
            value={password.value}
            onInput={(event) => {
              password.value = event.currentTarget.value;
            }}
          />
          <button
            type="button"
            class="quiet"
            aria-pressed={isShown.value}
            onClick={() => {
              isShown.value = !isShown.value;
            }}
          >
            {isShown.value ? text.login.hide : text.login.show}
          </button>
        </div>
        <Check label={text.login.stay} checked={stay} />
        <Failure error={error.value} />
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? text.login.submitting : text.login.submit}
        </button>
        <p class="hint">{text.login.place(location.host)}</p>
      </form>
    </main>
  );
}
