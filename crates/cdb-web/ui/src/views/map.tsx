import { theMap } from "../map/lazy.ts";
import { text } from "../text/en.ts";

/**
 * The places of a stream on a map, after a script that may be empty, in a range: the parameters of a request, as
 * `bounds` gives them.
 */
export function StreamMap(props: { path: string; transform: string; range: string }) {
  const { parts, error } = theMap();
  if (error) return <p class="note bad">{text.map.notLoaded}</p>;
  return parts ? <parts.TrackMap {...props} /> : <div class="map" />;
}
