import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Place } from "../map/mercator.ts";
import { text } from "../text/en.ts";
import type { Input, InputProps } from "./input.ts";
import { MapPicker } from "./map.tsx";
import { readNumber } from "./number.tsx";

/** Where one is, or where one says. */
function Location({ verb, isBusy, write, schema }: InputProps) {
  const id = useId();
  const latitude = useSignal("");
  const longitude = useSignal("");
  const problem = useSignal("");
  const isMapShown = useSignal(false);
  const here = () => {
    problem.value = "";
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) =>
        void write({
          latitude,
          longitude,
          ...(schema.properties?.accuracy ? { accuracy } : {}),
        }),
      () => {
        problem.value = text.write.noLocation;
      },
    );
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const [lat, long] = [readNumber(latitude.value), readNumber(longitude.value)];
    if (lat === undefined || long === undefined) {
      problem.value = text.write.noNumber;
      return;
    }
    problem.value = "";
    await write({ latitude: lat, longitude: long });
  };
  const field = (name: string, written: typeof latitude) => (
    <div class="place">
      <label for={`${id}-${name}`}>{name}</label>
      <input
        id={`${id}-${name}`}
        inputMode="decimal"
        autocomplete="off"
        value={written.value}
        onInput={(event) => {
          written.value = event.currentTarget.value;
        }}
      />
    </div>
  );
  return (
    <form class="inline where" onSubmit={submit}>
      {window.isSecureContext && (
        <button type="button" disabled={isBusy} onClick={here}>
          {text.write.here}
        </button>
      )}
      {field(text.write.latitude, latitude)}
      {field(text.write.longitude, longitude)}
      <button
        type="button"
        aria-expanded={isMapShown.value}
        onClick={() => {
          isMapShown.value = !isMapShown.value;
        }}
      >
        {text.map.title}
      </button>
      <button type="submit" class="primary" disabled={isBusy}>
        {verb}
      </button>
      {isMapShown.value && (
        <MapPicker
          value={placeOf(readNumber(latitude.value), readNumber(longitude.value))}
          onPick={(place) => {
            latitude.value = String(place.latitude);
            longitude.value = String(place.longitude);
          }}
        />
      )}
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </form>
  );
}

function placeOf(latitude: number | undefined, longitude: number | undefined): Place | undefined {
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

export const location: Input = {
  when: (_, { properties }) =>
    properties?.latitude !== undefined && properties.longitude !== undefined,
  Input: Location,
};
