// The fields of a device or a stream that can be changed.

import { type Signal, useSignal } from "@preact/signals";
import type { Changes, Device, Stream } from "../api/objects.ts";
import { text } from "../text/en.ts";
import { span } from "../text/times.ts";
import { Area, Check, Field, Select } from "./form.tsx";

export interface Fields {
  nickname: Signal<string>;
  description: Signal<string>;
  icon: Signal<string>;
  datatype: Signal<string>;
  schema: Signal<string>;
  downlink: Signal<boolean>;
  ephemeral: Signal<boolean>;
  keep: Signal<string>;
  role: Signal<string>;
  public: Signal<boolean>;
  visible: Signal<boolean>;
  enabled: Signal<boolean>;
}

/** The fields as they are now. */
function valuesOf(object: Device | Stream) {
  const both: Partial<Device & Stream> = object;
  return {
    nickname: both.nickname ?? "",
    description: both.description ?? "",
    icon: both.icon ?? "",
    datatype: both.datatype ?? "",
    schema: both.schema ?? "{}",
    downlink: both.downlink ?? false,
    ephemeral: both.ephemeral ?? false,
    keep: String(both.keep ?? 0),
    role: both.role || "none",
    public: both.public ?? false,
    visible: both.visible ?? true,
    enabled: both.enabled ?? true,
  };
}

export function useFields(object: Device | Stream): Fields {
  const now = valuesOf(object);
  return {
    nickname: useSignal(now.nickname),
    description: useSignal(now.description),
    icon: useSignal(now.icon),
    datatype: useSignal(now.datatype),
    schema: useSignal(now.schema),
    downlink: useSignal(now.downlink),
    ephemeral: useSignal(now.ephemeral),
    keep: useSignal(now.keep),
    role: useSignal(now.role),
    public: useSignal(now.public),
    visible: useSignal(now.visible),
    enabled: useSignal(now.enabled),
  };
}

/** What was changed: somebody else may have changed other things meanwhile. */
export function changesOf(fields: Fields, object: Device | Stream): Changes {
  const before: Record<string, string | boolean> = valuesOf(object);
  const changed = Object.entries(fields)
    .map(([name, { value }]) => [name, value] as const)
    .filter(([name, value]) => value !== before[name])
    .map(([name, value]) => [name, name === "keep" ? Number(value) : value]);
  return Object.fromEntries(changed);
}

/** Whether a text is a JSON object, as a schema is. */
function isObject(schema: string): boolean {
  try {
    const parsed: unknown = JSON.parse(schema);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

export function StreamFields({ fields }: { fields: Fields }) {
  const { datatype, schema, downlink, ephemeral, keep } = fields;
  const known = text.edit.keeps.some(([seconds]) => seconds === keep.value);
  return (
    <>
      <Field label={text.edit.datatype} hint={text.edit.datatypeHint} text={datatype} />
      <Area
        label={text.edit.schema}
        hint={text.edit.schemaHint}
        problem={isObject(schema.value) ? undefined : text.edit.noSchema}
        text={schema}
        isCode
      />
      <Select label={text.edit.keep} chosen={keep} hint={text.edit.keepHint}>
        {text.edit.keeps.map(([seconds, words]) => (
          <option key={seconds} value={seconds}>
            {words}
          </option>
        ))}
        {!known && (
          <option value={keep.value}>{text.edit.keepOther(span(Number(keep.value)))}</option>
        )}
      </Select>
      <Check label={text.edit.ephemeral} checked={ephemeral} />
      <Check label={text.create.downlink} checked={downlink} />
      <p class="hint">{text.edit.downlinkHint}</p>
    </>
  );
}

export function DeviceFields({ fields }: { fields: Fields }) {
  return (
    <>
      <Select label={text.edit.role} chosen={fields.role}>
        {text.edit.roles.map(([role, words]) => (
          <option key={role} value={role}>
            {words}
          </option>
        ))}
      </Select>
      <Check label={text.edit.public} checked={fields.public} />
      <Check label={text.edit.visible} checked={fields.visible} />
      <Check label={text.edit.enabled} checked={fields.enabled} />
    </>
  );
}
