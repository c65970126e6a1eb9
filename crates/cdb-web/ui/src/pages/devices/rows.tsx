import { type DeviceLine, searchOf, type View } from "../../data/fleet.ts";
import { rateOf } from "../../data/rate.ts";
import { recentOf, recentVersion } from "../../data/recent.ts";
import { deviceName, isBuiltIn, type StreamRow } from "../../data/tree.ts";
import { unitOf } from "../../data/unit.ts";
import { Tiny } from "../../plot/tiny.tsx";
import { look } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count, value } from "../../text/format.ts";
import { rate, span } from "../../text/times.ts";
import { Age } from "../../widgets/age.tsx";
import { Icon } from "../../widgets/icons.tsx";

/** The cells of a device. */
export function DeviceCells(props: {
  line: DeviceLine;
  view: View;
  now: number;
  isSilent: boolean;
}) {
  const { line, view, now, isSilent } = props;
  const { row, isClosed } = line;
  const { device, lastT, streams } = row;
  const name = deviceName(device);
  const closed = isClosed
    ? view.closed.filter((it) => it !== device.name)
    : [...view.closed, device.name];
  return (
    <>
      <th scope="row" colSpan={4}>
        <button
          type="button"
          class={isClosed ? "fold closed" : "fold"}
          aria-label={text.devices.open(name)}
          aria-expanded={!isClosed}
          onClick={() => look(searchOf({ ...view, closed }))}
        >
          <Icon name="down" />
        </button>
        <span class={`dot ${lastT === undefined ? "due" : isSilent ? "silent" : ""}`} />
        <a href={`/${row.path}`}>{name}</a>
        <span class="hint">
          {name !== device.name && !isBuiltIn(device.name) && `${device.name} · `}
          {streams.length === 0
            ? text.devices.noStreams
            : text.devices.streams(count(streams.length), streams.length === 1)}
        </span>
      </th>
      <td class="age" colSpan={4}>
        {lastT !== undefined &&
          (isSilent ? (
            <span class="tag warn">{text.devices.silentFor(span(now - lastT))}</span>
          ) : (
            <Age t={lastT} now={now} />
          ))}
      </td>
    </>
  );
}

/** The cells of a stream. */
export function StreamCells(props: { row: StreamRow; now: number; isSilent: boolean }) {
  const { row, now, isSilent } = props;
  const { path, stream, latest } = row;
  const last = latest?.last ?? undefined;
  // The picture is drawn anew when something has come.
  recentVersion.value;
  const recent = recentOf(path);
  const age = last && <Age t={last.t} now={now} />;
  return (
    <>
      <th scope="row">
        <a href={`/${path}`}>{stream.nickname || stream.name}</a>
        <span class={isSilent ? "hint below silent" : "hint below"}>{age}</span>
      </th>
      <td class={typeof last?.d === "number" ? "number value" : "number value words"}>
        {last ? value(last.d) : <span class="hint">{text.devices.none}</span>}
      </td>
      <td class="unit">{last && unitOf(stream.datatype)}</td>
      <td class="recent">{recent && <Tiny recent={recent} isSilent={isSilent} />}</td>
      <td class={isSilent ? "age silent" : "age"}>{age}</td>
      <td class="rate">{recent && <Rate times={recent.times} now={now} />}</td>
      <td class="number points">{count(latest?.length ?? 0)}</td>
      <td class="number tags">
        {stream.downlink && <span class="tag">{text.devices.control}</span>}
      </td>
    </>
  );
}

function Rate({ times, now }: { times: number[]; now: number }) {
  const { interval, isSilent } = rateOf(times, now);
  // Of a few datapoints nothing is known.
  if (interval === undefined) return <>{times.length > 5 && text.devices.irregular}</>;
  const words = rate(interval);
  return <>{isSilent ? text.devices.wasEvery(words) : words}</>;
}
