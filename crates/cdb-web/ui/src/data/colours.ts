// The colours of the page, for what is drawn on a canvas.

/** Calls a function whenever the system or a person has chosen other colours. Returns what ends that. */
export function onTheme(call: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", call);
  const chosen = new MutationObserver(call);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    dark.removeEventListener("change", call);
    chosen.disconnect();
  };
}
