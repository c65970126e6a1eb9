import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useId } from "preact/hooks";
import { type Preferences, prefer, preferences, THEMES } from "../../data/preferences.ts";
import { weekStartOf } from "../../data/week.ts";
import { dateOf, MONDAY } from "../../data/zone.ts";
import { text } from "../../text/en.ts";
import { Check } from "../../widgets/form.tsx";

/** The theme, the time zone and the first day of the week of this browser. */
export function LookSettings() {
  const name = useId();
  const hasShortcuts = useSignal(preferences.value.hasShortcuts);
  useSignalEffect(() => prefer({ hasShortcuts: hasShortcuts.value }));
  const zones = Intl.supportedValuesOf("timeZone");
  const system = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <section class="card">
      <fieldset class="theme">
        <legend>{text.settings.theme}</legend>
        {THEMES.map((theme) => (
          <label key={theme} class="check">
            <input
              type="radio"
              name={name}
              checked={preferences.value.theme === theme}
              onChange={() => prefer({ theme })}
            />
            {text.settings.themes[theme]}
          </label>
        ))}
      </fieldset>
      <Choice
        label={text.settings.zone}
        of={useComputed(() => preferences.value.zone)}
        set={(zone) => ({ zone })}
      >
        {[["", text.settings.zoneSystem(system)], ...zones.map((zone) => [zone, zone])]}
      </Choice>
      <Choice
        label={text.settings.firstDay}
        of={useComputed(() => String(preferences.value.firstDay ?? ""))}
        set={(day) => ({ firstDay: day === "" ? undefined : Number(day) })}
      >
        {[
          ["", text.settings.firstDayOfLanguage(weekday(weekStartOf(navigator.language)))],
          ...WEEKDAYS.map((day) => [String(day), weekday(day)]),
        ]}
      </Choice>
      <Check label={text.settings.shortcuts} checked={hasShortcuts} />
      <p class="hint">{text.settings.lookHint}</p>
    </section>
  );
}

/** From 0, Monday, to 6. */
const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];

const FORMAT = new Intl.DateTimeFormat(undefined, { weekday: "long", timeZone: "UTC" });

/** The name of a day of the week. */
function weekday(day: number): string {
  return FORMAT.format(dateOf(MONDAY + day));
}

function Choice(props: {
  label: string;
  of: Pick<Signal<string>, "value">;
  set: (chosen: string) => Partial<Preferences>;
  children: string[][];
}) {
  const { label, of, set, children } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={of.value} onChange={(event) => prefer(set(event.currentTarget.value))}>
        {children.map(([value = "", words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
