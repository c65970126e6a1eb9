import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { useChecked } from "../data/checked.ts";
import { link, scriptParameter } from "../data/look.ts";
import { piped } from "../data/script.ts";
import { go } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { ScriptField } from "../widgets/script-field.tsx";
import { More } from "./more.tsx";
import { Numbers } from "./numbers-table.tsx";
import { useQuery } from "./query.ts";
import { useSeen } from "./seen.ts";
import type { About, View } from "./view.ts";

export interface CardProps {
  view: View;
  about: About;
  /** Its script, if that was changed. */
  changed: string | undefined;
  /** How many of twelve columns it takes. */
  columns: number;
  /** Whether it is looked at alone. */
  isAlone: boolean;
}

/** A view with its title, its script and its picture. */
export function Card({ view, about, changed, columns, isAlone }: CardProps) {
  const id = useId();
  const { ref, width, isSeen } = useSeen<HTMLDivElement>();
  const isEditing = useSignal(false);
  const areNumbers = useSignal(false);
  const own = view.script(about);
  const script = changed ?? own;
  const whole = piped(about.transform, script);
  const bounds = view.bounds?.(about) ?? about.bounds;
  const answer = useQuery(about.path, whole, bounds, about.version, isSeen.value);
  const { points, error, isAsking } = answer.value;
  const setScript = (to: string) => {
    const changed = to.trim() === own ? "" : to.trim();
    go(link(about.path, { [scriptParameter(view.id)]: changed }));
  };
  const isEmpty = points?.length === 0 && !view.hasEmpty;
  return (
    <section class={`view columns-${columns}`} aria-labelledby={id}>
      <div class="view-head">
        <h2 id={id}>{view.title(about)}</h2>
        {script && !isEditing.value && (
          <button
            type="button"
            class="view-script"
            title={script}
            onClick={() => {
              isEditing.value = true;
            }}
          >
            <code>{script}</code>
          </button>
        )}
        <More
          view={view}
          about={about}
          points={points}
          isAlone={isAlone}
          areNumbers={areNumbers}
          isEditing={isEditing}
          whole={whole}
          bounds={bounds}
        />
      </div>
      {isEditing.value && (
        <Editing
          label={text.views.edit(view.title(about))}
          path={about.path}
          script={script}
          own={own}
          onScript={setScript}
          onEnd={() => {
            isEditing.value = false;
          }}
        />
      )}
      <Failure error={error} />
      <div ref={ref} class={isAsking ? "view-picture asking" : "view-picture"} aria-busy={isAsking}>
        {!points && !error && <div class="view-empty" />}
        {isEmpty && <p class="hint">{text.views.nothing}</p>}
        {points && !isEmpty && areNumbers.value && <Numbers points={points} />}
        {points && !isEmpty && !areNumbers.value && width.value > 0 && (
          <view.Picture
            about={about}
            script={script}
            points={points}
            width={width.value}
            onScript={setScript}
          />
        )}
      </div>
    </section>
  );
}

/** The script of a view while it is changed. */
function Editing(props: {
  label: string;
  path: string;
  script: string;
  own: string;
  onScript: (script: string) => void;
  onEnd: () => void;
}) {
  const { label, path, own, onScript, onEnd } = props;
  const id = useId();
  const script = useSignal(props.script);
  const checked = useChecked(path, script.value);
  const { error } = checked.value.script === script.value ? checked.value : { error: undefined };
  const save = (to: string) => {
    onScript(to);
    onEnd();
  };
  return (
    <div class="view-editing">
      <div class={error ? "query-field wrong" : "query-field"}>
        <ScriptField
          label={label}
          script={script}
          error={error}
          describedBy={id}
          onSubmit={() => save(script.value)}
          onCancel={onEnd}
        />
        <button type="button" class="quiet" onClick={onEnd}>
          {text.views.cancel}
        </button>
        {script.value !== own && (
          <button type="button" class="quiet" onClick={() => save(own)}>
            {text.views.reset}
          </button>
        )}
        <button type="button" class="primary" disabled={!!error} onClick={() => save(script.value)}>
          {text.script.run}
        </button>
      </div>
      <p id={id} role="status" class="problem">
        {error && text.script.problem(error.message, (error.at ?? 0) + 1)}
      </p>
    </div>
  );
}
