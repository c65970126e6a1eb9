import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { text } from "../../text/en.ts";
import { NAME } from "../../widgets/form.tsx";
import type { Planned } from "./device.ts";
import { kindOf, MEASUREMENTS, OTHERS } from "./kinds.ts";

/** What the device will write: a row for each stream. */
export function PlannedForm(props: {
  planned: Planned[];
  /** The names of streams that it has already. */
  existing: string[];
  isBusy: boolean;
  verb: string;
  onDone: (planned: Planned[]) => void;
}) {
  const { planned, existing, isBusy, verb, onDone } = props;
  const rows = useSignal(planned.length > 0 ? planned : [nextRow(existing)]);
  const form = useRef<HTMLFormElement>(null);
  const change = (at: number, to: Partial<Planned>) => {
    rows.value = rows.value.map((row, i) => (i === at ? { ...row, ...to } : row));
  };
  const names = (except: number) => [
    ...existing,
    ...rows.value.filter((_, i) => i !== except).map(({ name }) => name),
  ];
  return (
    <form
      class="step-form"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        onDone(rows.value);
      }}
    >
      {rows.value.map((row, at) => (
        <Row
          key={at}
          row={row}
          number={at + 1}
          taken={names(at)}
          isTaken={[...existing, ...rows.value.slice(0, at).map(({ name }) => name)].includes(
            row.name,
          )}
          onChange={(to) => change(at, to)}
          onRemove={
            rows.value.length > 1
              ? () => {
                  rows.value = rows.value.filter((_, i) => i !== at);
                }
              : undefined
          }
        />
      ))}
      <p class="actions">
        <button
          type="button"
          onClick={() => {
            rows.value = [...rows.value, nextRow(names(-1))];
          }}
        >
          {text.connect.another}
        </button>
        <button type="submit" class="primary" disabled={isBusy}>
          {verb}
        </button>
      </p>
    </form>
  );
}

/** A stream of a kind, with a name that is free. */
function rowOf(kind: string, taken: string[]): Planned {
  const { stream } = kindOf(kind);
  const names = [stream, ...taken.map((_, i) => `${stream}${i + 2}`)];
  return { kind, name: names.find((name) => !taken.includes(name)) ?? stream, words: "" };
}

/** A stream of the first kind that the device does not have yet. */
function nextRow(taken: string[]): Planned {
  const next = MEASUREMENTS.find(({ stream }) => !taken.includes(stream));
  return rowOf(next?.id ?? "number", taken);
}

function Row(props: {
  row: Planned;
  number: number;
  /** The names of all other streams. */
  taken: string[];
  /** Whether a stream before it has its name. */
  isTaken: boolean;
  onChange: (to: Partial<Planned>) => void;
  onRemove: (() => void) | undefined;
}) {
  const { row, number, taken, isTaken, onChange, onRemove } = props;
  const id = useId();
  return (
    <fieldset class="planned">
      <legend class="for-readers">{text.connect.streamNumber(number)}</legend>
      <div class="field">
        <label for={`${id}-kind`}>{text.create.kind}</label>
        <select
          id={`${id}-kind`}
          value={row.kind}
          onChange={(event) => onChange(rowOf(event.currentTarget.value, taken))}
        >
          <optgroup label={text.connect.measurements}>
            {MEASUREMENTS.map((kind) => (
              <option key={kind.id} value={kind.id}>
                {kind.name}
              </option>
            ))}
          </optgroup>
          <optgroup label={text.connect.others}>
            {OTHERS.map((kind) => (
              <option key={kind.id} value={kind.id}>
                {kind.name}
              </option>
            ))}
          </optgroup>
        </select>
      </div>
      <div class="field">
        <label for={`${id}-name`}>{text.connect.stream}</label>
        <input
          id={`${id}-name`}
          class="code"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
          pattern={NAME}
          title={text.create.nameHint}
          aria-invalid={isTaken}
          aria-describedby={isTaken ? `${id}-taken` : undefined}
          value={row.name}
          ref={(input) => input?.setCustomValidity(isTaken ? text.connect.taken : "")}
          onInput={(event) => onChange({ name: event.currentTarget.value })}
        />
      </div>
      {onRemove && (
        <button type="button" class="quiet" onClick={onRemove}>
          {text.connect.removeStream}
          <span class="for-readers"> {row.name}</span>
        </button>
      )}
      {isTaken && (
        <p class="problem" id={`${id}-taken`}>
          {text.connect.taken}
        </p>
      )}
      {row.kind === "choice" && (
        <div class="field">
          <label for={`${id}-words`}>{text.create.choices}</label>
          <input
            id={`${id}-words`}
            required
            autocomplete="off"
            placeholder={text.create.choicesHint}
            value={row.words}
            onInput={(event) => onChange({ words: event.currentTarget.value })}
          />
        </div>
      )}
    </fieldset>
  );
}
