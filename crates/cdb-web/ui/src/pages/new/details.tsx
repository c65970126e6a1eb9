// What a template asks besides: a unit, bounds, words, fields.

import { type Signal, useComputed } from "@preact/signals";
import { useId } from "preact/hooks";
import { type Details, type Field as FieldOf, type Template, UNITS } from "../../data/templates.ts";
import { unitOf } from "../../data/unit.ts";
import { text } from "../../text/en.ts";

interface Props {
  details: Signal<Details>;
}

export function DetailFields(props: Props & { asks: NonNullable<Template["asks"]> }) {
  const { asks, details } = props;
  return (
    <>
      {asks.includes("bounds") && (
        <div class="pair">
          <Detail details={details} of="minimum" label={text.create.minimum} isNumber />
          <Detail details={details} of="maximum" label={text.create.maximum} isNumber />
        </div>
      )}
      {asks.includes("unit") && <Unit details={details} />}
      {asks.includes("choices") && (
        <Detail
          details={details}
          of="choices"
          label={text.create.choices}
          hint={text.create.choicesHint}
        />
      )}
      {asks.includes("fields") && <Fields details={details} />}
    </>
  );
}

function Detail(
  props: Props & {
    of: "minimum" | "maximum" | "choices";
    label: string;
    hint?: string;
    isNumber?: boolean;
  },
) {
  const { details, of, label, hint, isNumber } = props;
  const id = useId();
  const now = useComputed(() => details.value[of]);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        autocomplete="off"
        inputMode={isNumber ? "decimal" : "text"}
        aria-describedby={hint ? `${id}-hint` : undefined}
        value={now.value}
        onInput={(event) => {
          details.value = { ...details.value, [of]: event.currentTarget.value };
        }}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function Unit({ details }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{text.create.unit}</label>
      <select
        id={id}
        value={details.value.unit}
        onChange={(event) => {
          details.value = { ...details.value, unit: event.currentTarget.value };
        }}
      >
        <option value="">{text.create.noUnit}</option>
        {UNITS.map((unit) => (
          <option key={unit} value={unit}>
            {unitOf(unit)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A small builder of an object: a line for each of its keys. */
function Fields({ details }: Props) {
  const { fields } = details.value;
  const set = (fields: FieldOf[]) => {
    details.value = { ...details.value, fields };
  };
  const replace = (at: number, changes: Partial<FieldOf>) =>
    set(fields.map((field, i) => (i === at ? { ...field, ...changes } : field)));
  return (
    <fieldset class="fields">
      <legend>{text.create.fields}</legend>
      {fields.map((field, at) => (
        <div key={at} class="inline">
          <input
            aria-label={text.create.field(at + 1)}
            autocomplete="off"
            value={field.name}
            onInput={(event) => replace(at, { name: event.currentTarget.value })}
          />
          <select
            aria-label={text.create.fieldKind(at + 1)}
            value={field.kind}
            onChange={(event) => replace(at, { kind: event.currentTarget.value })}
          >
            {Object.entries(text.create.fieldKinds).map(([kind, words]) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
          <button
            type="button"
            aria-label={text.create.removeField(at + 1)}
            disabled={fields.length === 1}
            onClick={() => set(fields.filter((_, i) => i !== at))}
          >
            ×
          </button>
        </div>
      ))}
      <button type="button" onClick={() => set([...fields, { name: "", kind: "number" }])}>
        {text.create.addField}
      </button>
    </fieldset>
  );
}
