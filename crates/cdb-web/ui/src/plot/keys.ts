// What keys do to a plot. No DOM.

export type Command =
  | { kind: "cursor"; to: "first" | "last" | "next" | "before" | "next-day" | "day-before" }
  | { kind: "zoom"; factor: number }
  | { kind: "pan"; part: number }
  | { kind: "select" }
  | { kind: "escape" };

const ZOOM = 2;
const PAN = 0.8;

const COMMANDS: Record<string, Command> = {
  ArrowLeft: { kind: "cursor", to: "before" },
  ArrowRight: { kind: "cursor", to: "next" },
  Home: { kind: "cursor", to: "first" },
  End: { kind: "cursor", to: "last" },
  PageUp: { kind: "pan", part: -PAN },
  PageDown: { kind: "pan", part: PAN },
  "+": { kind: "zoom", factor: 1 / ZOOM },
  "=": { kind: "zoom", factor: 1 / ZOOM },
  "-": { kind: "zoom", factor: ZOOM },
  _: { kind: "zoom", factor: ZOOM },
  " ": { kind: "select" },
  Escape: { kind: "escape" },
};

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** What a key asks for; `undefined` if that is no matter of the plot. */
export function commandOf({ key, shiftKey, ctrlKey, altKey, metaKey }: Key): Command | undefined {
  if (ctrlKey || altKey || metaKey) return undefined;
  if (shiftKey && key === "ArrowLeft") return { kind: "cursor", to: "day-before" };
  if (shiftKey && key === "ArrowRight") return { kind: "cursor", to: "next-day" };
  return COMMANDS[key];
}
