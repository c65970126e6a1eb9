import { type Look, link } from "../data/look.ts";
import { text } from "../text/en.ts";
import { Card } from "./card.tsx";
import { packed } from "./packing.ts";
import { viewFor, viewsFor } from "./registry.ts";
import type { About } from "./view.ts";

/** All views of a stream, or the one that is looked at alone. */
export function Views({ about, look }: { about: About; look: Look }) {
  const all = viewsFor(about);
  const alone = look.view === undefined ? undefined : viewFor(about, look.view);
  if (all.length === 0) return null;
  const shown = alone ? [alone] : all;
  const widths = packed(shown.map(({ size }) => (alone ? "full" : size)));
  return (
    <section class="views" aria-label={text.views.title}>
      {alone && (
        <p class="hint">
          <a href={link(about.path, { view: "" })}>{text.views.all}</a>
        </p>
      )}
      {shown.map((view, i) => (
        <Card
          key={view.id}
          view={view}
          about={about}
          changed={look.scripts[view.id]}
          columns={widths[i] ?? 12}
          isAlone={alone !== undefined}
        />
      ))}
    </section>
  );
}
