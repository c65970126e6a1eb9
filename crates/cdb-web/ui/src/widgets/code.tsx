import type { ComponentChildren } from "preact";

/** Lines to copy, which scroll by themselves if they are long. */
export function Code({ children }: { children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard
    <pre tabIndex={0}>{children}</pre>
  );
}

/** Writes a first value into a new stream of a device, with curl. */
export function FirstValue({ login, device }: { login: string; device: string }) {
  const api = `${location.origin}/api/v1/crud/${device}/temperature`;
  const lines = [
    `curl -u ${login} ${api} -d '{"schema":"{\\"type\\":\\"number\\"}"}'`,
    `curl -u ${login} ${api}/data -X PUT -d '[{"d":21.5}]'`,
  ];
  return <Code>{lines.join("\n")}</Code>;
}
