import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { useAction } from "../data/action.ts";
import { useChecked } from "../data/checked.ts";
import { save } from "../data/files.ts";
import { link, scriptParameter } from "../data/look.ts";
import { go } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { ScriptField } from "../widgets/script-field.tsx";
import { More } from "./more.tsx";
import { Picture, useAnswer } from "./picture.tsx";
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
  const isEditing = useSignal(false);
  const areNumbers = useSignal(false);
  const answer = useAnswer(view, about, changed);
  const { own, script, whole, bounds } = answer;
  const { points, error } = answer.query.value;
  const download = useAction();
  const setScript = (to: string) => {
    const changed = to.trim() === own ? "" : to.trim();
    go(link(about.path, { [scriptParameter(view.id)]: changed }));
  };
  const onDownload = async () => {
    const { path, t1, t2 } = about;
    const { file, fileName } = await import("../data/download.ts");
    const wanted = { path, transform: whole, bounds, format: "csv" } as const;
    const blob = await file(wanted, () => {}, new AbortController().signal);
    save(fileName(`${path}/${view.id}`, [t1, t2], "csv"), blob);
  };
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
          changed={changed}
          isBusy={download.isBusy.value}
          onDownload={() => void download.run(onDownload)}
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
      <Failure error={error ?? download.error.value} />
      <Picture
        view={view}
        about={about}
        answer={answer}
        areNumbers={areNumbers.value}
        onScript={setScript}
      />
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
  const finish = (to: string) => {
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
          onSubmit={() => finish(script.value)}
          onCancel={onEnd}
        />
        <button type="button" class="quiet" onClick={onEnd}>
          {text.views.cancel}
        </button>
        {script.value !== own && (
          <button type="button" class="quiet" onClick={() => finish(own)}>
            {text.views.reset}
          </button>
        )}
        <button
          type="button"
          class="primary"
          disabled={!!error}
          onClick={() => finish(script.value)}
        >
          {text.script.run}
        </button>
      </div>
      <p id={id} role="status" class="problem">
        {error && text.script.problem(error.message, (error.at ?? 0) + 1)}
      </p>
    </div>
  );
}
