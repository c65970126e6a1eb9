import { takeBack } from "../../api/downlinks.ts";
import { write } from "../../api/objects.ts";
import { useAction } from "../../data/action.ts";
import { type Asked, askedOf } from "../../data/asked.ts";
import { connection } from "../../data/connection.ts";
import { useNow } from "../../data/now.ts";
import { unitOf } from "../../data/unit.ts";
import { text } from "../../text/en.ts";
import { value } from "../../text/format.ts";
import { span } from "../../text/times.ts";
import { Age } from "../../widgets/age.tsx";
import { Failure } from "../../widgets/failure.tsx";
import { Icon } from "../../widgets/icons.tsx";
import { ObjectIcon } from "../../widgets/object-icon.tsx";
import { say } from "../../widgets/toast.tsx";
import { Write } from "../../widgets/write.tsx";
import type { ControlRow } from "./rows.ts";

/** One thing that a device can be asked for: the value asked beside the one that it has written. */
export function Control(props: { row: ControlRow; now: number; onChanged: () => void }) {
  const { row, onChanged } = props;
  const { path, stream, device, request, latest } = row;
  const last = latest?.last ?? undefined;
  // While it waits, the seconds are counted here, and not asked for.
  const now = useNow(request !== undefined && !(last && last.t >= request.t), props.now);
  const asked = askedOf(request, last, now);
  const isOffline = connection.value === "offline";
  const isOpen = asked.state === "asked" || asked.state === "unanswered";
  const shown = isOpen ? asked.d : last?.d;
  const unit = unitOf(stream.datatype);
  return (
    <article class="card today control">
      <h2>
        <ObjectIcon icon={stream.icon} fallback="lamp" />
        <a href={`/${path}`}>{stream.nickname || stream.name}</a>
        <span class="hint">{device}</span>
        <State asked={asked} isOffline={isOffline} />
      </h2>
      <div class="value">
        <strong class={typeof shown === "number" || typeof shown === "boolean" ? "" : "words"}>
          {shown === undefined ? text.devices.none : value(shown)}
          {unit && <span class="unit">{unit}</span>}
          {isOpen && <span class="unit">{text.downlinks.asked}</span>}
        </strong>
        {isOpen && last && (
          <span class="was">
            {text.downlinks.was(value(last.d))} <Age t={last.t} now={now} />
          </span>
        )}
      </div>
      <p class="hint">
        <Below asked={asked} />
        {!isOpen && last && (
          <>
            {asked.state === "done" && " · "}
            <Age t={last.t} now={now} />
          </>
        )}
      </p>
      {asked.state === "unanswered" && request && (
        <Again row={row} isOffline={isOffline} onChanged={onChanged} />
      )}
      <Write path={path} stream={stream} last={shown} isOther onWritten={onChanged} />
    </article>
  );
}

function State({ asked, isOffline }: { asked: Asked; isOffline: boolean }) {
  if (isOffline) return <span class="tag">{text.downlinks.noConnection}</span>;
  switch (asked.state) {
    case "asked":
      return (
        <span class="tag warn">
          <span class="dot asked" />
          {text.downlinks.askedFor(span(asked.for))}
        </span>
      );
    case "done":
      return (
        <span class="tag good">
          <Icon name="check" />
          {text.downlinks.done}
        </span>
      );
    case "unanswered":
      return <span class="tag bad">{text.downlinks.noAnswer}</span>;
    default:
      return null;
  }
}

/** What has happened, in words. */
function Below({ asked }: { asked: Asked }) {
  switch (asked.state) {
    case "asked":
      return <span role="status">{text.downlinks.waiting}</span>;
    case "done":
      return <span role="status">{answer(asked.after, asked.isSame)}</span>;
    case "unanswered":
      return <span role="status">{text.downlinks.unanswered(span(asked.for))}</span>;
    default:
      return null;
  }
}

function answer(after: number, isSame: boolean): string {
  if (!isSame) return text.downlinks.answeredOther(span(after));
  return after < 0.1 ? text.downlinks.atOnce : text.downlinks.answered(span(after));
}

function Again(props: { row: ControlRow; isOffline: boolean; onChanged: () => void }) {
  const { row, isOffline, onChanged } = props;
  const { path, request } = row;
  const { isBusy, error, run } = useAction();
  if (!request) return null;
  const change = async (work: () => Promise<void>) => {
    await run(work);
    onChanged();
  };
  const again = () =>
    change(async () => {
      await write(path, request.d);
      say(text.write.wasAsked(value(request.d)));
    });
  const back = () =>
    change(async () => {
      if (await takeBack(path, request)) say(text.downlinks.takenBack(value(request.d)));
      else say(text.stream.moved);
    });
  const isOff = isBusy.value || isOffline;
  return (
    <>
      <p class="actions">
        <button type="button" disabled={isOff} onClick={() => void again()}>
          {text.downlinks.again}
        </button>
        <button type="button" class="quiet" disabled={isOff} onClick={() => void back()}>
          {text.downlinks.takeBack}
        </button>
      </p>
      <Failure error={error.value} />
    </>
  );
}
