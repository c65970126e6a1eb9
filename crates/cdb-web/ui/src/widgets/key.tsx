import { text } from "../text/en.ts";
import { Code, FirstValue } from "./code.tsx";

/** The key of a device, with lines that write its first value. */
export function Key({ path, apikey }: { path: string; apikey: string }) {
  return (
    <>
      <p>{text.key.once}</p>
      <Code>{apikey}</Code>
      <p>{text.key.lines}</p>
      <FirstValue login={`:${apikey}`} device={path} />
    </>
  );
}
