import { useSignal } from "@preact/signals";
import { createStream, devices } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useAction } from "../data/action.ts";
import { usePolled } from "../data/polled.ts";
import { schemaOf, TEMPLATES } from "../data/templates.ts";
import { BY_HAND, deviceName } from "../data/tree.ts";
import { go, search } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Check, Field, NAME, Select } from "../widgets/form.tsx";

const INTERVAL = 60_000;

/** Whether it may be the name of a device: it becomes a part of an address. */
function isDevice(name: string): boolean {
  return new RegExp(`^${NAME}$`, "v").test(name);
}

export function NewStreamPage({ session }: { session: Session }) {
  const { polled } = usePolled(() => devices(session.user), INTERVAL, session.user);
  const wanted = new URLSearchParams(search.value).get("device") ?? BY_HAND;
  const device = useSignal(isDevice(wanted) ? wanted : BY_HAND);
  const template = useSignal("number");
  const name = useSignal("");
  const nickname = useSignal("");
  const choices = useSignal("");
  const downlink = useSignal(false);
  const { isBusy, error, run } = useAction();

  const submit = (event: Event) => {
    event.preventDefault();
    const chosen = TEMPLATES.find(({ id }) => id === template.value);
    if (!chosen) return;
    const path = `${session.user}/${device.value}/${name.value}`;
    void run(async () => {
      await createStream(path, {
        nickname: nickname.value,
        datatype: chosen.datatype,
        schema: JSON.stringify(schemaOf(chosen, choices.value)),
        downlink: downlink.value,
      });
      go(`/${path}`);
    });
  };
  return (
    <form class="card" onSubmit={submit}>
      <h1>{text.create.stream}</h1>
      <Select label={text.create.device} chosen={device}>
        {polled.value.value
          ?.filter((it) => it.visible)
          .map((it) => (
            <option key={it.name} value={it.name}>
              {deviceName(it)}
            </option>
          ))}
      </Select>
      <Select label={text.create.kind} chosen={template}>
        {TEMPLATES.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
      {template.value === "choice" && (
        <Field
          label={text.create.choices}
          hint={text.create.choicesHint}
          text={choices}
          isRequired
        />
      )}
      <Field
        label={text.create.name}
        hint={text.create.nameHint}
        text={name}
        isRequired
        pattern={NAME}
      />
      <Field label={text.create.nickname} hint={text.create.nicknameHint} text={nickname} />
      <Check label={text.create.downlink} checked={downlink} />
      <Failure error={error.value ?? polled.value.error} />
      <button type="submit" class="primary" disabled={isBusy.value}>
        {isBusy.value ? text.create.creating : text.create.createStream}
      </button>
    </form>
  );
}
