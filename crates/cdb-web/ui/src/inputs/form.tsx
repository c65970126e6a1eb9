import { type Signal, useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import type { Schema } from "../data/schema.ts";
import { text } from "../text/en.ts";
import { value } from "../text/format.ts";
import { type Draft, emptyDraft, hasFields, isOneItem, valueOfDraft } from "./form-value.ts";
import type { Input, InputProps } from "./input.ts";

/** A form with a field for each part of an object, as its schema has them. */
function ObjectForm({ schema, verb, isBusy, write }: InputProps) {
  const draft = useSignal(emptyDraft(schema));
  const problems = useSignal(new Map<string, string>());
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const found = new Map<string, string>();
    const d = valueOfDraft(schema, draft.value, found);
    problems.value = found;
    if (found.size > 0) {
      // Once the page says what is wrong.
      requestAnimationFrame(() => {
        form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      });
      return;
    }
    const submitted = draft.value;
    if ((await write(d)) && draft.value === submitted) draft.value = emptyDraft(schema);
  };
  return (
    // The fields say themselves what is wrong, in the words of the app.
    <form class="object-form" ref={form} onSubmit={submit} noValidate>
      <Fields
        schema={schema}
        draft={draft.value}
        place=""
        problems={problems}
        onChange={(to) => {
          draft.value = to;
        }}
      />
      <button type="submit" class="primary" disabled={isBusy}>
        {verb}
      </button>
    </form>
  );
}

interface FieldProps {
  schema: Schema;
  draft: Draft;
  place: string;
  problems: Signal<Map<string, string>>;
  onChange: (to: Draft) => void;
}

/** The fields of an object. */
function Fields({ schema, draft, place, problems, onChange }: FieldProps) {
  const fields = typeof draft === "object" && !Array.isArray(draft) ? draft : {};
  return Object.entries(schema.properties ?? {}).map(([name, of]) => (
    <Part
      key={name}
      name={of.title ?? name}
      isRequired={schema.required?.includes(name) ?? false}
      schema={of}
      draft={fields[name] ?? emptyDraft(of)}
      place={place ? `${place}.${name}` : name}
      problems={problems}
      onChange={(to) => onChange({ ...fields, [name]: to })}
    />
  ));
}

type PartProps = FieldProps & { name: string; isRequired: boolean };

/** A field, a group of fields, or a list of them. */
function Part(props: PartProps) {
  const { schema, draft, place, problems, name } = props;
  if (typeof draft === "string") return <Leaf {...props} draft={draft} />;
  const problem = problems.value.get(place);
  return (
    <fieldset class="form-group">
      <legend>{name}</legend>
      {schema.description && <p class="hint">{schema.description}</p>}
      {Array.isArray(draft) ? <List {...props} draft={draft} /> : <Fields {...props} />}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function List({ schema, draft, place, problems, name, onChange }: PartProps & { draft: Draft[] }) {
  const { items, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (!isOneItem(items)) return null;
  return (
    <>
      {draft.map((item, at) => (
        <div class="form-item" key={`${place}[${at}]`}>
          <Part
            name={`${items.title ?? name} ${at + 1}`}
            isRequired
            schema={items}
            draft={item}
            place={`${place}[${at}]`}
            problems={problems}
            onChange={(to) => onChange(draft.map((it, i) => (i === at ? to : it)))}
          />
          <button
            type="button"
            class="quiet"
            onClick={() => onChange(draft.filter((_, i) => i !== at))}
          >
            {text.write.remove}
            <span class="for-readers">{` ${name} ${at + 1}`}</span>
          </button>
        </div>
      ))}
      {draft.length < maxItems && (
        <button type="button" onClick={() => onChange([...draft, emptyDraft(items)])}>
          {text.write.add(name)}
        </button>
      )}
    </>
  );
}

function Leaf(props: PartProps & { draft: string }) {
  const { schema, draft, place, problems, name, isRequired, onChange } = props;
  const id = useId();
  const problem = problems.value.get(place);
  const hints = [schema.description, rangeOf(schema)].filter(Boolean).join(" ");
  const common = {
    id,
    value: draft,
    required: isRequired,
    "aria-invalid": problem !== undefined,
    "aria-describedby": `${id}-hint`,
  };
  const choices = schema.enum ?? (schema.type === "boolean" ? [true, false] : undefined);
  const isLong = schema.type === "string" && ((schema.maxLength ?? 0) > 200 || isProse(schema));
  return (
    <div class="field">
      <label for={id}>
        {name}
        {!isRequired && <span class="hint"> {text.write.optional}</span>}
      </label>
      {choices ? (
        <select {...common} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{isRequired ? "" : text.none}</option>
          {choices.map((choice) => (
            <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
              {value(choice)}
            </option>
          ))}
        </select>
      ) : isLong ? (
        <textarea {...common} rows={3} onInput={(event) => onChange(event.currentTarget.value)} />
      ) : (
        <input
          {...common}
          {...kindOf(schema)}
          autocomplete="off"
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
      <p class="hint" id={`${id}-hint`}>
        {problem ? <span class="problem">{problem}</span> : hints}
      </p>
    </div>
  );
}

function isProse({ format }: Schema): boolean {
  return format === "textarea" || format === "markdown";
}

/** The kind of field that helps most with a value. */
function kindOf({ type, format }: Schema): { type?: "text"; inputMode?: "decimal" | "numeric" } {
  if (type === "integer") return { inputMode: "numeric" };
  if (type === "number") return { inputMode: "decimal" };
  const kinds: Record<string, string> = {
    date: "date",
    time: "time",
    "date-time": "datetime-local",
    email: "email",
    uri: "url",
    color: "color",
  };
  const kind = kinds[format ?? ""];
  // Preact has a set of attributes for each kind, of which these fields use what all have.
  return kind ? { type: kind as "text" } : {};
}

function rangeOf({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return text.write.between(minimum, maximum);
  if (minimum !== undefined) return text.write.atLeast(minimum);
  return maximum === undefined ? "" : text.write.atMost(maximum);
}

export const form: Input = {
  when: (_, schema) =>
    schema.type === "object" &&
    Object.keys(schema.properties ?? {}).length > 0 &&
    hasFields(schema),
  Input: ObjectForm,
};
