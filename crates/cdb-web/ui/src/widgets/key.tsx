import { text } from "../text/en.ts";
import { Code } from "./code.tsx";

/** The key of a device, with lines that write its first value. */
export function Key({ path, apikey }: { path: string; apikey: string }) {
  const api = `${location.origin}/api/v1/crud/${path}/temperature`;
  const lines = [
    `curl -u :${apikey} ${api} -d '{"schema":"{\\"type\\":\\"number\\"}"}'`,
    `curl -u :${apikey} ${api}/data -X PUT -d '[{"d":21.5}]'`,
  ];
  return (
    <>
      <p>{text.key.once}</p>
      <Code lines={[apikey]} />
      <p>{text.key.lines}</p>
      <Code lines={lines} />
    </>
  );
}
