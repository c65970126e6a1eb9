import { useSignal } from "@preact/signals";
import { createStream, devices } from "../api/objects.ts";
import type { Session } from "../api/session.ts";
import { useAction } from "../data/action.ts";
import { nameProblem } from "../data/names.ts";
import { usePolled } from "../data/polled.ts";
import { contentOf, NO_DETAILS, problemOf, TEMPLATES } from "../data/templates.ts";
import { BY_HAND, deviceName } from "../data/tree.ts";
import { go, search } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Check, Field, NameField, Select } from "../widgets/form.tsx";
import { Head } from "../widgets/head.tsx";
import { IconPicker } from "../widgets/icon-picker.tsx";
import { DetailFields } from "./new/details.tsx";

const INTERVAL = 60_000;

export function NewStreamPage({ session }: { session: Session }) {
  const { polled } = usePolled(() => devices(session.user), INTERVAL, session.user);
  const asked = new URLSearchParams(search.value);
  const wanted = asked.get("device") ?? BY_HAND;
  // It becomes a part of an address.
  const device = useSignal(nameProblem(wanted) === undefined ? wanted : BY_HAND);
  const id = useSignal(TEMPLATES.find((it) => it.id === asked.get("kind"))?.id ?? "number");
  const name = useSignal("");
  const nickname = useSignal("");
  const details = useSignal({ ...NO_DETAILS, fields: [{ name: "", kind: "number" }] });
  const icon = useSignal("");
  const downlink = useSignal(false);
  const hasTried = useSignal(false);
  const { isBusy, error, run } = useAction();
  const template = TEMPLATES.find((it) => it.id === id.value) ?? TEMPLATES[0];
  if (!template) return null;
  const problem = problemOf(template, details.value);

  const submit = (event: Event) => {
    event.preventDefault();
    hasTried.value = true;
    if (problem) return;
    const path = `${session.user}/${device.value}/${name.value}`;
    const { datatype, schema } = contentOf(template, details.value);
    void run(async () => {
      await createStream(path, {
        nickname: nickname.value,
        icon: icon.value,
        datatype,
        schema: JSON.stringify(schema),
        downlink: downlink.value,
      });
      go(`/${path}`);
    });
  };
  return (
    <>
      <Head title={text.create.stream} />
      <form class="card" onSubmit={submit}>
        <Select label={text.create.device} chosen={device}>
          {polled.value.value
            ?.filter((it) => it.visible)
            .map((it) => (
              <option key={it.name} value={it.name}>
                {deviceName(it)}
              </option>
            ))}
        </Select>
        <Select label={text.create.kind} chosen={id}>
          {TEMPLATES.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
        <DetailFields asks={template.asks ?? []} details={details} />
        {hasTried.value && problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <NameField name={name} />
        <Field label={text.create.nickname} hint={text.create.nicknameHint} text={nickname} />
        <IconPicker icon={icon} fallback={template.icon} />
        {device.value !== BY_HAND && <Check label={text.create.downlink} checked={downlink} />}
        <Failure error={error.value ?? polled.value.error} />
        <button type="submit" class="primary" disabled={isBusy.value}>
          {isBusy.value ? text.create.creating : text.create.createStream}
        </button>
      </form>
    </>
  );
}
