// What PipeScript has, and what a script makes of a stream of one's own.

import { useSignal } from "@preact/signals";
import { devices, streams } from "../api/objects.ts";
import {
  exampleOf,
  type Interpolator,
  interpolators,
  type Transform,
  transforms,
} from "../api/pipescript.ts";
import type { Session } from "../api/session.ts";
import { usePolled } from "../data/polled.ts";
import { go, search } from "../route.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { Icon } from "../widgets/icons.tsx";
import { TryScript } from "./pipescript-try.tsx";
import "../style/pipescript.css";

interface Shown {
  transforms: Transform[];
  interpolators: Interpolator[];
  paths: string[];
}

async function ask(user: string): Promise<Shown> {
  const answers = [transforms(), interpolators(), streams(user), devices(user)] as const;
  const [all, between, own, known] = await Promise.all(answers);
  const seen = new Set(known.filter(({ visible }) => visible).map(({ name }) => name));
  const paths = own
    .filter(({ device }) => seen.has(device))
    .map(({ device, name }) => `${user}/${device}/${name}`);
  return { transforms: all, interpolators: between, paths };
}

/** Puts something into the address, so that the page is a link to it. */
function put(options: Record<string, string>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, to] of Object.entries(options)) {
    if (to) query.set(name, to);
    else query.delete(name);
  }
  go(`${location.pathname}?${query}`);
}

export function PipeScriptPage({ session }: { session: Session }) {
  const { polled } = usePolled(() => ask(session.user), Number.POSITIVE_INFINITY, session.user);
  const { value: shown, error } = polled.value;
  const options = new URLSearchParams(search.value);
  const words = useSignal(options.get("q") ?? "");
  const found = shown?.transforms.filter((it) => has(it, words.value)) ?? [];
  const between = shown?.interpolators.filter((it) => has(it, words.value)) ?? [];
  const script = options.get("script") ?? "";
  return (
    <>
      <Head title={text.pipescript.title} below={text.pipescript.subtitle} />
      <Failure error={error} />
      {shown && (
        <TryScript
          key={script}
          paths={shown.paths}
          path={options.get("stream") ?? shown.paths[0] ?? ""}
          script={script}
          onRun={(stream, script) => put({ stream, script })}
        />
      )}
      {shown && (
        <search class="find">
          <Icon name="search" />
          <input
            type="search"
            aria-label={text.pipescript.find}
            placeholder={text.pipescript.find}
            value={words.value}
            onInput={(event) => {
              words.value = event.currentTarget.value;
            }}
            onChange={() => put({ q: words.value })}
          />
        </search>
      )}
      {shown && found.length + between.length === 0 && (
        <p>{text.pipescript.notFound(words.value)}</p>
      )}
      {found.length > 0 && (
        <section>
          <h2>{text.pipescript.transforms(found.length)}</h2>
          <ul class="transforms">
            {found.map((transform) => (
              <Entry
                key={transform.name}
                transform={transform}
                onTry={(script) => {
                  put({ script });
                  window.scrollTo(0, 0);
                }}
              />
            ))}
          </ul>
        </section>
      )}
      {between.length > 0 && (
        <section>
          <h2>{text.pipescript.interpolators(between.length)}</h2>
          <p class="hint">{text.pipescript.interpolatorsHint}</p>
          <dl class="interpolators">
            {between.map(({ name, description }) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>{description}.</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

function has({ name, description }: { name: string; description: string }, words: string): boolean {
  const all = `${name} ${description}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** A transform as it is called: `map(key, script)`. */
function signature({ name, args }: Transform): string {
  if (!args) return name;
  const all = args.map((arg, at) => {
    const called = arg.hijacked ? text.pipescript.script : text.pipescript.value(at + 1);
    return arg.optional ? `[${called}]` : called;
  });
  return `${name}(${all.join(", ")})`;
}

function Entry({ transform, onTry }: { transform: Transform; onTry: (script: string) => void }) {
  const example = exampleOf(transform);
  return (
    <li>
      <details>
        <summary>
          <code>{transform.name}</code> <span class="hint">{transform.description}</span>
        </summary>
        <p>
          <code>{signature(transform)}</code>
        </p>
        {transform.args && (
          <ol class="hint">
            {transform.args.map((arg) => (
              <li key={arg.description}>
                {arg.description}
                {arg.optional && text.pipescript.default(JSON.stringify(arg.default))}
              </li>
            ))}
          </ol>
        )}
        {example && (
          <>
            <dl class="example">
              <dt>{text.pipescript.example}</dt>
              <dd>
                <code>{example.script}</code>
              </dd>
              <dt>{text.pipescript.given}</dt>
              <dd>
                <code>{example.given}</code>
              </dd>
              <dt>{text.pipescript.gives}</dt>
              <dd>
                <code>{example.gives}</code>
              </dd>
            </dl>
            <button type="button" onClick={() => onTry(example.script)}>
              {text.pipescript.tryThis}
              <span class="for-readers"> {transform.name}</span>
            </button>
          </>
        )}
      </details>
    </li>
  );
}
