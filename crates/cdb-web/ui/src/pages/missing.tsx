import { text } from "../text/en.ts";
import { Head } from "../widgets/head.tsx";

/** An address that nothing is at. */
export function MissingPage() {
  return (
    <>
      <Head title={text.missing.title} />
      <p>
        <a href="/">{text.missing.next}</a>
      </p>
    </>
  );
}
