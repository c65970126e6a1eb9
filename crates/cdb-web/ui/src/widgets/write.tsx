import { useSignal } from "@preact/signals";
import { isReached } from "../api/http.ts";
import { type Stream, write } from "../api/objects.ts";
import { useAction } from "../data/action.ts";
import { connection } from "../data/connection.ts";
import { note, takeBack } from "../data/queue.ts";
import { parse } from "../data/schema.ts";
import { unitOf } from "../data/unit.ts";
import { inputFor } from "../inputs/registry.ts";
import { noteAt, When } from "../inputs/when.tsx";
import { text } from "../text/en.ts";
import { value } from "../text/format.ts";
import { Failure } from "./failure.tsx";
import { say } from "./toast.tsx";

/** The input of a stream: its own values, or what its device is asked for. */
export function Write(props: {
  path: string;
  stream: Stream;
  last: unknown;
  /** Whether the stream belongs to another device. */
  isOther: boolean;
  onWritten: () => void;
}) {
  const { path, stream, last, isOther, onWritten } = props;
  const { isBusy, error, run } = useAction();
  const at = useSignal<number | undefined>(undefined);
  const isOffline = connection.value === "offline";
  const schema = parse(stream.schema);
  const { Input } = inputFor(stream, schema);

  const change = async (work: () => Promise<void>) => {
    const isDone = await run(work);
    onWritten();
    return isDone;
  };
  const ask = async (d: unknown) => {
    await write(path, d);
    say(text.write.wasAsked(value(d)));
  };
  // One's own values are kept until the server has them; what a device is asked for is for now.
  const keep = async (d: unknown) => {
    if (at.value !== undefined) return await noteAt(path, d, at.value);
    const { kept, isSent } = await note(path, d);
    const words = isSent ? text.write.wasWritten(value(d)) : text.write.wasKept(value(d));
    say(words, async () => {
      await change(() => takeBack(kept));
    });
  };
  // A value of an earlier time is not kept: whether the stream takes it, only the server knows.
  const own = isReached.value || at.value !== undefined ? text.write.write : text.write.keep;
  return (
    <section class="card write" aria-label={isOther ? text.write.ask : text.write.write}>
      {isOther && <p class="hint">{isOffline ? text.write.offline : text.write.asked}</p>}
      {/* A lamp must not go on tomorrow because of a tap today: without a connection nothing is asked. */}
      <fieldset class="bare-group" disabled={isOther && isOffline}>
        <legend class="for-readers">{isOther ? text.write.ask : text.write.write}</legend>
        <Input
          path={path}
          schema={schema}
          unit={unitOf(stream.datatype)}
          last={last}
          verb={isOther ? text.write.ask : own}
          isBusy={isBusy.value}
          write={(d) => change(() => (isOther ? ask(d) : keep(d)))}
        />
      </fieldset>
      {!isOther && <When at={at} />}
      <Failure error={error.value} />
    </section>
  );
}
