import { useSignal } from "@preact/signals";
import { type Stream, unwrite, write } from "../api/objects.ts";
import { useAction } from "../data/action.ts";
import { parse } from "../data/schema.ts";
import { unitOf } from "../data/units.ts";
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
  const schema = parse(stream.schema);
  const { Input } = inputFor(stream, schema);

  const change = async (work: () => Promise<void>) => {
    const isDone = await run(work);
    onWritten();
    return isDone;
  };
  const undo = async (d: unknown) => {
    await change(async () => {
      if (!(await unwrite(path, d))) say(text.write.tooLate);
    });
  };
  return (
    <section class="card write" aria-label={isOther ? text.write.ask : text.write.write}>
      {isOther && <p class="hint">{text.write.asked}</p>}
      <Input
        path={path}
        schema={schema}
        unit={unitOf(stream.datatype)}
        last={last}
        verb={isOther ? text.write.ask : text.write.write}
        isBusy={isBusy.value}
        write={(d) =>
          change(async () => {
            if (at.value !== undefined) return await noteAt(path, d, at.value);
            await write(path, d);
            if (isOther) say(text.write.wasAsked(value(d)));
            else say(text.write.wasWritten(value(d)), () => undo(d));
          })
        }
      />
      {!isOther && <When at={at} />}
      <Failure error={error.value} />
    </section>
  );
}
