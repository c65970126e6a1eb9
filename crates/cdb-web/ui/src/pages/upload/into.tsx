import type { Device, Stream } from "../../api/objects.ts";
import { BY_HAND, deviceName } from "../../data/tree.ts";
import { text } from "../../text/en.ts";
import { Field, NAME } from "../../widgets/form.tsx";
import { Choice } from "./options.tsx";
import type { Into } from "./use-upload.ts";

export interface Owned {
  user: string;
  devices: Device[];
  streams: Stream[];
}

export function pathOf({ user }: Owned, { device, name }: Stream): string {
  return `${user}/${device}/${name}`;
}

/** The stream that the points go to. */
export function IntoChoice(props: { owned: Owned; into: Into; onChange: (path: string) => void }) {
  const { owned, into, onChange } = props;
  const devices = owned.devices.filter(({ visible }) => visible);
  return (
    <>
      <Choice label={text.upload.into} value={into.path.value} onChange={onChange}>
        <option value="">{text.create.stream}…</option>
        {devices.map((device) => (
          <optgroup key={device.name} label={deviceName(device)}>
            {owned.streams
              .filter((stream) => stream.device === device.name)
              .map((stream) => (
                <option key={stream.name} value={pathOf(owned, stream)}>
                  {device.name === BY_HAND ? owned.user : device.name} / {stream.name}
                </option>
              ))}
          </optgroup>
        ))}
      </Choice>
      {into.path.value === "" && (
        <>
          <Choice
            label={text.create.device}
            value={into.device.value}
            onChange={(to) => {
              into.device.value = to;
            }}
          >
            {devices.map((device) => (
              <option key={device.name} value={device.name}>
                {deviceName(device)}
              </option>
            ))}
          </Choice>
          <Field label={text.upload.newName} text={into.name} isRequired pattern={NAME} />
        </>
      )}
    </>
  );
}

/** The schema that a new stream gets. */
export function NewSchema({ schema }: { schema: object }) {
  return (
    <p class="hint">
      {text.upload.newSchema} <code>{JSON.stringify(schema)}</code>
    </p>
  );
}
