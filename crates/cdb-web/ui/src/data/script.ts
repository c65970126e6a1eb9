// PipeScript as it is shown: its words, and where it is wrong. No DOM.

export type TokenKind = "name" | "word" | "number" | "string" | "symbol" | "space" | "other";

export interface Token {
  kind: TokenKind;
  text: string;
  /** Where it begins. */
  at: number;
}

const WORDS = new Set(["and", "or", "not", "true", "false", "if"]);

const TOKEN =
  /(?<space>\s+)|(?<number>\d+(?:\.\d+)?)|(?<string>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(?<name>[A-Za-z_$][A-Za-z0-9_$]*)|(?<symbol>[<>=!]=|[-+*/%^<>|:()[\]{},])|(?<other>.)/gsu;

/** Splits a script into its words. Together they are the script, also if it is none yet. */
export function tokens(script: string): Token[] {
  return [...script.matchAll(TOKEN)].map(({ 0: text, index: at, groups = {} }) => {
    const kind = Object.keys(groups).find((kind) => groups[kind] !== undefined) as TokenKind;
    return { kind: kind === "name" && WORDS.has(text) ? "word" : kind, text, at };
  });
}

/** What is wrong with a script. */
export interface ScriptError {
  /** In words, without the script. */
  message: string;
  /** Where, from the start of the script; `undefined` if that was not said. */
  at: number | undefined;
  /** How long the wrong word is. */
  length: number;
  /** What was probably meant. */
  suggestion: string | undefined;
}

const PLACE = /\s*\(line (\d+), column (\d+)(?:; did you mean (\S+)\?)?\)$/;

/** Reads what the server says of a script. */
export function scriptError(message: string, script: string): ScriptError {
  const prefix = `Script '${script}': `;
  const words = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  const place = PLACE.exec(words);
  if (!place) return { message: words, at: undefined, length: 0, suggestion: undefined };
  const at = offset(script, Number(place[1]), Number(place[2]));
  const token = tokens(script).find((it) => it.at <= at && at < it.at + it.text.length);
  return {
    message: words.slice(0, place.index),
    at,
    length: token ? token.text.length - (at - token.at) : 0,
    suggestion: place[3],
  };
}

/** Where a line and a column are, both counted from 1 and columns in characters. */
function offset(script: string, line: number, column: number): number {
  const lines = script.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0);
  const chars = [...(lines[line - 1] ?? "")].slice(0, column - 1);
  return before + chars.join("").length;
}

/** Puts what was meant in the place of what is wrong. */
export function mended(script: string, { at, length, suggestion }: ScriptError): string {
  if (at === undefined || suggestion === undefined) return script;
  return script.slice(0, at) + suggestion + script.slice(at + length);
}

/** The name that ends at the caret, of which more may be meant. */
export function nameBefore(script: string, caret: number): Token | undefined {
  const token = tokens(script).find((it) => it.at < caret && caret <= it.at + it.text.length);
  const isName = token?.kind === "name" || token?.kind === "word";
  return isName && caret === token.at + token.text.length ? token : undefined;
}

/** Puts one script after another. */
export function piped(first: string, second: string): string {
  if (!first.trim()) return second;
  return second.trim() ? `${first} | ${second}` : first;
}

/** A text as it stands in a script. */
export function quoted(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `'${escaped}'`;
}
