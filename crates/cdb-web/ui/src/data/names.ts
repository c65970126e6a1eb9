// What the server takes as a name, so that a wrong one is refused while it is typed.

import { text } from "../text/en.ts";

export const MAX_NAME = 29;

/** Why a name would be refused. */
export function nameProblem(name: string): string | undefined {
  if (!/^[a-zA-Z]/.test(name)) return text.create.nameBegins;
  const odd = /[^a-zA-Z0-9_-]/u.exec(name)?.[0];
  if (odd) return text.create.nameHas(odd);
  if (name.length > MAX_NAME) return text.create.nameLong(MAX_NAME, name.length);
  return undefined;
}
