import { go } from "../../route.ts";
import { text } from "../../text/en.ts";
import { Code } from "../../widgets/code.tsx";
import { CopyButton } from "../../widgets/copy.tsx";
import { Tabs } from "../../widgets/tabs.tsx";
import { type FirstPoint, LANGUAGES } from "./lines.ts";

/** Lines that write a first datapoint, in several languages. Which one is shown is in the address. */
export function Send({ point, chosen }: { point: FirstPoint; chosen: string }) {
  const language = LANGUAGES.find((it) => it.id === chosen) ?? LANGUAGES[0];
  if (!language) return null;
  const lines = language.lines(point).join("\n");
  const select = (to: string) => {
    const options = new URLSearchParams(location.search);
    options.set("with", to);
    go(`${location.pathname}?${options}`);
  };
  return (
    <>
      <Tabs label={text.connect.languages} tabs={LANGUAGES} chosen={language} onChoose={select}>
        <Code>
          <Coloured lines={lines} />
        </Code>
      </Tabs>
      <p class="actions">
        <CopyButton words={lines} label={text.copy.copy} />
        <span class="hint">{text.connect.history}</span>
      </p>
    </>
  );
}

/** Lines with what is given in another colour: texts, addresses and numbers. */
function Coloured({ lines }: { lines: string }) {
  const parts = lines.split(/('[^']*'|"[^"]*"|https?:\/\/\S+)/);
  return parts.map((part, i) =>
    i % 2 === 1 ? (
      <span key={i} class="code-text">
        {part}
      </span>
    ) : (
      part
    ),
  );
}
