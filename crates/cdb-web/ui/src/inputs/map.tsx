import { theMap } from "../map/lazy.ts";
import type { Place } from "../map/mercator.ts";
import { text } from "../text/en.ts";

/** A map on which a place is picked: by a tap, or in its middle by the keyboard. */
export function MapPicker(props: { value: Place | undefined; onPick: (place: Place) => void }) {
  const { parts, error } = theMap();
  if (error) return <p class="note bad">{text.map.notLoaded}</p>;
  return parts ? <parts.PickMap {...props} /> : <div class="map" />;
}
