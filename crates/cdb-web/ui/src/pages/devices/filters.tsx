import { SHOWN, searchOf, type View } from "../../data/fleet.ts";
import { look, path } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Icon } from "../../widgets/icons.tsx";

/** What of the list is shown: by words, and by kind. */
export function Filters(props: {
  view: View;
  counts: Record<View["show"], number>;
  /** Whether it is the list of a single device. */
  isSingle: boolean;
}) {
  const { view, counts, isSingle } = props;
  const kinds = SHOWN.filter((show) => show === "all" || show === view.show || counts[show] > 0);
  return (
    <div class="filters">
      <search class="find">
        <Icon name="search" />
        <input
          type="search"
          aria-label={text.devices.find}
          placeholder={text.devices.find}
          value={view.words}
          onInput={(event) => look(searchOf({ ...view, words: event.currentTarget.value }))}
        />
        <kbd>/</kbd>
      </search>
      {!isSingle && kinds.length > 1 && (
        <nav class="segments" aria-label={text.devices.show}>
          {kinds.map((show) => (
            <a
              key={show}
              href={path.value + searchOf({ ...view, show })}
              aria-current={show === view.show || undefined}
            >
              {text.devices.shown[show]} <span class="count">{count(counts[show])}</span>
            </a>
          ))}
        </nav>
      )}
    </div>
  );
}
