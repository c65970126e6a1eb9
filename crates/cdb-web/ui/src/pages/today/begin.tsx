import type { ComponentChildren } from "preact";
import { createStream } from "../../api/objects.ts";
import { useAction } from "../../data/action.ts";
import { contentOf, NO_DETAILS, TEMPLATES } from "../../data/templates.ts";
import { BY_HAND } from "../../data/tree.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Icon, type IconName } from "../../widgets/icons.tsx";
import { ObjectIcon } from "../../widgets/object-icon.tsx";

/** What people often note: the name of its stream, a template, its icon and its unit. */
const OFTEN: [name: string, template: string, icon: string, unit: string][] = [
  ["mood", "rating", "material:star", ""],
  ["diary", "diary", "material:book", ""],
  ["weight", "number", "material:fitness_center", "kilograms"],
  ["sleep", "number", "material:hotel", "hours"],
  ["counter", "count", "material:local_cafe", ""],
  ["timer", "duration", "material:timer", ""],
  ["on-or-off", "toggle", "material:check", ""],
];

/** What a new user does first. */
export function Begin({ user, onCreated }: { user: string; onCreated: () => void }) {
  const { isBusy, error, run } = useAction();
  const create = ([name, id, icon, unit]: (typeof OFTEN)[number]) =>
    run(async () => {
      const template = TEMPLATES.find((it) => it.id === id);
      if (!template) return;
      const { datatype, schema } = contentOf(template, { ...NO_DETAILS, unit });
      await createStream(`${user}/${BY_HAND}/${name}`, {
        nickname: text.begin.often[name] ?? name,
        icon,
        datatype,
        schema: JSON.stringify(schema),
      });
      onCreated();
    });
  return (
    <>
      <section class="begin">
        <Way icon="star" title={text.begin.byHand} words={text.begin.byHandHow}>
          <div class="chips">
            {OFTEN.map((one) => (
              <button
                key={one[0]}
                type="button"
                class="chip"
                disabled={isBusy.value}
                onClick={() => void create(one)}
              >
                <ObjectIcon icon={one[2]} fallback="line" />
                {text.begin.often[one[0]]}
              </button>
            ))}
            <a class="button chip" href="/app/new/stream">
              {text.begin.else}
            </a>
          </div>
          <Failure error={error.value} />
        </Way>
        <Way icon="devices" title={text.begin.device} words={text.begin.deviceHow}>
          <a class="button primary" href="/app/connect">
            {text.begin.connect}
          </a>
        </Way>
        <Way icon="upload" title={text.begin.old} words={text.begin.oldHow}>
          <a class="button" href="/app/upload">
            {text.begin.upload}
          </a>
        </Way>
      </section>
      <p class="soon" aria-hidden="true">
        <span>{text.begin.soon}</span>
        <span>{text.begin.now}</span>
      </p>
    </>
  );
}

function Way(props: { icon: IconName; title: string; words: string; children: ComponentChildren }) {
  return (
    <div class="way">
      <span class="badge">
        <Icon name={props.icon} />
      </span>
      <div>
        <h2>{props.title}</h2>
        <p>{props.words}</p>
      </div>
      {props.children}
    </div>
  );
}
