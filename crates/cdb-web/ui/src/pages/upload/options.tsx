import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Plan } from "../../data/csv-plan.ts";
import { TIME_FORMATS, type TimeFormat } from "../../data/csv-time.ts";
import { zones } from "../../data/csv-zone.ts";
import { timeZone } from "../../data/preferences.ts";
import { text } from "../../text/en.ts";

const DELIMITERS = [",", ";", "\t", "|"];

/** What the file is taken for, each of which can be corrected. */
export function Options(props: {
  plan: Plan;
  /** Reads the same cells in another way. */
  onRead: (to: Partial<Plan>) => void;
  /** Has other cells. */
  onSplit: (to: Partial<Plan>) => void;
}) {
  const { plan, onRead, onSplit } = props;
  const { source, time, zone, start, hasComma, hasHeader } = plan;
  const isLocal = ["iso", "dmy", "mdy", "digits", "elapsed", "point"].includes(time);
  const choose = text.upload.options;
  return (
    <>
      {source.type !== "points" && (
        <Choice
          label={choose.time}
          value={time}
          onChange={(to) => onRead({ time: to as TimeFormat })}
        >
          {TIME_FORMATS.map((format) => (
            <option key={format} value={format}>
              {choose.formats[format]}
            </option>
          ))}
        </Choice>
      )}
      {time === "elapsed" && <Start start={start} onChange={(to) => onRead({ start: to })} />}
      {isLocal && (
        <Choice label={choose.zone} value={zone} onChange={(to) => onRead({ zone: to })}>
          {zones(timeZone.value).map((name) => (
            <option key={name} value={name}>
              {name.replaceAll("_", " ")}
            </option>
          ))}
        </Choice>
      )}
      {source.type === "table" && (
        <>
          <Choice
            label={choose.decimal}
            value={hasComma ? "," : "."}
            onChange={(to) => onSplit({ hasComma: to === "," })}
          >
            <option value=".">{choose.point}</option>
            <option value=",">{choose.comma}</option>
          </Choice>
          <Choice
            label={choose.header}
            value={hasHeader ? "names" : "values"}
            onChange={(to) => onSplit({ hasHeader: to === "names" })}
          >
            <option value="names">{choose.names}</option>
            <option value="values">{choose.values}</option>
          </Choice>
          <Choice
            label={choose.delimiter}
            value={source.delimiter}
            onChange={(to) => onSplit({ source: { type: "table", delimiter: to } })}
          >
            {DELIMITERS.map((delimiter) => (
              <option key={delimiter} value={delimiter}>
                {choose.delimiters[delimiter]}
              </option>
            ))}
          </Choice>
        </>
      )}
    </>
  );
}

export function Choice(props: {
  label: string;
  value: string;
  onChange: (to: string) => void;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.children}
      </select>
    </div>
  );
}

/** When the recording began that times count from. */
function Start({ start, onChange }: { start: string; onChange: (to: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{text.upload.options.start}</label>
      <input
        id={id}
        type="datetime-local"
        step="1"
        value={start}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
