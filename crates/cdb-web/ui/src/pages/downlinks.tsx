import type { Session } from "../api/session.ts";
import { text } from "../text/en.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { Control } from "./downlinks/control.tsx";
import { useControls } from "./downlinks/rows.ts";

/** What devices can be asked for, and what they say they have done. */
export function DownlinksPage({ session }: { session: Session }) {
  const { value: rows, error, now, refresh } = useControls(session.user);
  return (
    <>
      <Head title={text.downlinks.title} below={text.downlinks.below} />
      <Failure error={error} />
      {rows?.length === 0 && (
        <section class="card">
          <p>{text.downlinks.empty}</p>
          <a class="button primary" href="/app/new/stream">
            {text.create.stream}
          </a>
        </section>
      )}
      <div class="cards">
        {rows?.map((row) => (
          <Control key={row.path} row={row} now={now} onChanged={refresh} />
        ))}
      </div>
    </>
  );
}
