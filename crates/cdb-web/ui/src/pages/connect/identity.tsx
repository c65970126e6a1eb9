import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { text } from "../../text/en.ts";
import { Field, NAME } from "../../widgets/form.tsx";
import { type Identity, ROLES, type Role } from "./device.ts";
import { nameOf } from "./kinds.ts";

/** What the device is called, and what it may do. */
export function IdentityForm(props: {
  identity: Identity;
  /** Whether the device exists, so that its name stays. */
  exists: boolean;
  isBusy: boolean;
  onDone: (identity: Identity) => void;
}) {
  const { identity, exists, isBusy, onDone } = props;
  const nickname = useSignal(identity.nickname);
  const given = useSignal(identity.name);
  const role = useSignal<Role>(identity.role);
  const isNamed = useSignal(identity.name !== "" && identity.name !== nameOf(identity.nickname));
  const name = isNamed.value || exists ? given.value : nameOf(nickname.value);
  return (
    <form
      class="step-form"
      onSubmit={(event) => {
        event.preventDefault();
        onDone({ name, nickname: nickname.value.trim(), role: role.value });
      }}
    >
      <Field
        label={text.connect.nickname}
        hint={text.connect.nicknameHint}
        text={nickname}
        isRequired
      />
      {!exists && (
        <NameField
          name={name}
          onInput={(typed) => {
            isNamed.value = true;
            given.value = typed;
          }}
        />
      )}
      <Roles role={role} />
      <button type="submit" class="primary" disabled={isBusy}>
        {exists ? text.edit.save : text.connect.next}
      </button>
    </form>
  );
}

/** The name in addresses, which follows from what one calls it until one types another. */
function NameField({ name, onInput }: { name: string; onInput: (typed: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{text.connect.name}</label>
      <input
        id={id}
        class="code"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required
        pattern={NAME}
        aria-describedby={`${id}-hint`}
        value={name}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p class="hint" id={`${id}-hint`}>
        {text.create.nameHint}
      </p>
    </div>
  );
}

function Roles({ role }: { role: Signal<Role> }) {
  const name = useId();
  return (
    <fieldset class="options">
      <legend>{text.connect.role}</legend>
      {ROLES.map((id) => (
        <label key={id}>
          <input
            type="radio"
            name={name}
            checked={role.value === id}
            onChange={() => {
              role.value = id;
            }}
          />
          <span>
            {text.connect.roles[id].name}
            <span class="hint">{text.connect.roles[id].hint}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
