import { type IsSilent, searchOf, viewOf } from "../../data/fleet.ts";
import { rateOf } from "../../data/rate.ts";
import { recentOf } from "../../data/recent.ts";
import { type DeviceRows, deviceName } from "../../data/tree.ts";
import { path } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { rate, span } from "../../text/times.ts";
import { Icon } from "../../widgets/icons.tsx";

/** Says which device has been silent for too long, or how many have. */
export function SilentNote(props: { rows: DeviceRows[]; isSilent: IsSilent; now: number }) {
  const { rows, isSilent, now } = props;
  const silent = rows.filter((row) => isSilent(row.path));
  const [first] = silent;
  if (first?.lastT === undefined) return null;
  if (silent.length > 1) {
    const to = path.value + searchOf({ ...viewOf(""), show: "silent" });
    return (
      <p class="note warn">
        <Icon name="warning" />
        <span>
          <strong>{text.devices.silentMany(count(silent.length))}</strong>{" "}
          <a href={to}>{text.devices.seeMany}</a>
        </span>
      </p>
    );
  }
  const newest = first.streams.find(({ latest }) => latest?.last?.t === first.lastT);
  const { interval } = rateOf(recentOf(newest?.path ?? "")?.times ?? [], now);
  return (
    <p class="note warn">
      <Icon name="warning" />
      <span>
        <strong>
          {text.devices.silentNote(deviceName(first.device), span(now - first.lastT))}
        </strong>{" "}
        {interval !== undefined && text.devices.usedTo(rate(interval))}{" "}
        {newest && <a href={`/${newest.path}`}>{text.devices.see}</a>}
      </span>
    </p>
  );
}
