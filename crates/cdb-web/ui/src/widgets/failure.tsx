import { ApiError } from "../api/http.ts";
import { text } from "../text/en.ts";

/** An error in words, which a screen reader says, with its reference in the server's log. */
export function Failure({ error }: { error: unknown }) {
  if (error === undefined) return null;
  const { message } = error instanceof Error ? error : new Error(String(error));
  const reference = error instanceof ApiError ? error.reference : undefined;
  return (
    <p class="note bad" role="alert">
      {message}
      {reference && <span class="reference">{text.errors.reference(reference)}</span>}
    </p>
  );
}
