import type { ComponentChildren } from "preact";
import type { Datapoint, Statistics, Stream } from "../../api/objects.ts";
import { rateOf } from "../../data/rate.ts";
import { deviceName } from "../../data/tree.ts";
import { unitOf } from "../../data/unit.ts";
import { usualPlaces, valueWith } from "../../text/digits.ts";
import { text } from "../../text/en.ts";
import { count, date, derived, oneLine, value } from "../../text/format.ts";
import { rate, span } from "../../text/times.ts";
import { Age } from "../../widgets/age.tsx";
import { Head } from "../../widgets/head.tsx";

// Longer ones are no headlines.
const MAX_HEADLINE = 12;
const MAX_CHARS = 120;

/** The name of a stream, and what can be done with it. */
export function Title(props: {
  path: string;
  stream: Stream | undefined;
  children: ComponentChildren;
}) {
  const [user = "", device = "", name = ""] = props.path.split("/");
  const { nickname, description } = props.stream ?? {};
  return (
    <Head
      title={nickname || name}
      above={
        <>
          <a href={`/${user}`}>{user}</a> /{" "}
          <a href={`/${user}/${device}`}>{deviceName({ name: device, nickname: "" })}</a> / {name}
        </>
      }
      below={description}
    >
      {props.children}
    </Head>
  );
}

/** A value as a headline. */
function inWords(d: unknown, places: number): string {
  const isObject = typeof d === "object" && d !== null && !Array.isArray(d);
  if (!isObject) return valueWith(places, d);
  const parts = Object.entries(d).map(([key, it]) => `${key} ${value(it)}`);
  return oneLine(parts.join(" · "), MAX_CHARS);
}

/** The last value, how old it is, and what there is beside it. */
export function Headline(props: {
  stream: Stream;
  length: number;
  newest: Datapoint[];
  /** Of the range. */
  known: Statistics;
  /** What the range is, in words. */
  range: string;
  /** The first datapoint of all, if the range has it. */
  since: number | undefined;
  now: number;
}) {
  const { stream, length, newest, known, range, since, now } = props;
  const last = newest.at(-1);
  if (!last) return null;
  const shown = inWords(last.d, usualPlaces(newest));
  const { interval, isSilent } = rateOf(
    newest.map(({ t }) => t),
    now,
  );
  const numbers = known.keys[""]?.number;
  const howOften = interval === undefined ? text.times.irregular : rate(interval);
  return (
    <div class="headline">
      <p class={shown.length > MAX_HEADLINE ? "live long" : "live"}>
        <strong>{shown}</strong>
        {typeof last.d === "number" && <span class="unit">{unitOf(stream.datatype)}</span>}
      </p>
      <p class={isSilent ? "fact silent" : "fact"}>
        <strong>
          <span class={isSilent ? "dot late" : "dot"} />
          {isSilent ? text.times.silent(span(now - last.t)) : <Age t={last.t} now={now} />}
        </strong>
        {isSilent ? text.times.was(howOften) : howOften}
      </p>
      <p class="fact">
        <strong>{count(length)}</strong>
        {since === undefined
          ? text.stream.pointsInAll(length === 1)
          : text.stream.pointsSince(date(since), length === 1)}
      </p>
      {numbers && (
        <p class="fact">
          <strong>{text.stream.fromTo(derived(numbers.min), derived(numbers.max))}</strong>
          {text.stream.meanIn(derived(numbers.mean), range)}
        </p>
      )}
    </div>
  );
}
