/** Lines to copy, which scroll by themselves if they are long. */
export function Code({ lines }: { lines: string[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard
    <pre tabIndex={0}>{lines.join("\n")}</pre>
  );
}
