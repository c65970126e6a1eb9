// The question in the languages that programs ask it in.

import { LANGUAGES, type Place, type Query } from "../../data/code.ts";
import { text } from "../../text/en.ts";
import { Code } from "../../widgets/code.tsx";
import { CopyButton } from "../../widgets/copy.tsx";
import { Tabs } from "../../widgets/tabs.tsx";

const words = text.analyse;

export function ShownCode(props: {
  query: Query;
  place: Place;
  /** The language that is shown. */
  shown: string;
  onChoose: (language: string) => void;
}) {
  const { query, place, shown, onChoose } = props;
  const language = LANGUAGES.find((it) => it.id === shown) ?? LANGUAGES[0];
  if (!language) return null;
  const code = language.write(query, place);
  return (
    <section class="card shown-code" aria-label={words.code}>
      <Tabs
        label={words.language}
        tabs={LANGUAGES}
        chosen={language}
        onChoose={onChoose}
        beside={<CopyButton words={code} label={text.copy.copy} />}
      >
        <Code>{code}</Code>
      </Tabs>
      <p class="hint">{words.codeHint}</p>
    </section>
  );
}
