// What goes out of the page: to the clipboard, and into files.

/** Copies a text. Returns whether that was possible. */
export async function copy(words: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    // Browsers have the clipboard only with TLS or on the same machine.
    return copySelected(words);
  }
}

function copySelected(words: string): boolean {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.className = "for-readers";
  area.value = words;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}

/** Has the browser save a file. */
export function save(name: string, content: string | Blob, type = "text/plain"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  // It is not part of the page, so that no other listener takes it for a link of the app.
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has read it long before.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
