// The question as a sentence, whose words can be changed.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Fragment } from "preact";
import { useRef } from "preact/hooks";
import { HOWS, interpolator, isCalendar } from "../../data/dataset.ts";
import type { Question } from "../../data/dataset-address.ts";
import { rangeOf } from "../../data/dataset-result.ts";
import { type OwnStream, shortPath, usualHow } from "../../data/dataset-streams.ts";
import { dayOf, isDay, isMoment, later, midnight } from "../../data/dataset-time.ts";
import type { Range } from "../../data/tiles.ts";
import { localText } from "../../data/wall.ts";
import { text } from "../../text/en.ts";
import { RangePicker } from "../../widgets/range-picker.tsx";
import { StreamPicker } from "../../widgets/stream-picker.tsx";
import { ChoiceWord, DayWord, ScriptWord, StreamWord } from "./word.tsx";

const words = text.analyse;
const SCRIPT = "script";
const DAY = "day";

/** Which stream is being chosen: that with the rows, a new one, or that of a column. */
type Choosing = "x" | "new" | number;

interface Props {
  question: Question;
  streams: OwnStream[];
  user: string;
  now: number;
  onChange: (changes: Partial<Question>) => void;
}

export function Sentence(props: Props) {
  const { question, streams, user, onChange } = props;
  const { columns } = question;
  const choosing = useSignal<Choosing | undefined>(undefined);
  const sentence = useRef<HTMLDivElement>(null);
  const stop = () => {
    // The focus goes back to the word that has opened the list.
    sentence.current?.querySelector<HTMLElement>("[aria-expanded=true]")?.focus();
    choosing.value = undefined;
  };
  const choose = (path: string) => {
    const at = choosing.value;
    if (at === "x") onChange({ x: path });
    else if (at === "new") onChange({ columns: [...columns, { how: usual(path, props), path }] });
    else onChange({ columns: columns.map((it, i) => (i === at ? { ...it, path } : it)) });
    stop();
  };
  const chosen = typeof choosing.value === "number" ? columns[choosing.value] : undefined;
  const isSeries = question.shape === "series";
  return (
    <>
      <div class="sentence" ref={sentence}>
        {words.forEach}
        <Every {...props} />
        {question.every === "value" && !isSeries && (
          <>
            {words.of}
            <StreamOf at="x" path={question.x} choosing={choosing} user={user} />
          </>
        )}
        <Times {...props} />
        {isSeries ? words.seriesOf : words.take}
        {columns.map(({ how, path }, at) => (
          <Fragment key={at}>
            {at > 0 && separator(at, columns.length, isSeries)}
            {!isSeries && (
              <>
                <How at={at} how={how} name={shortPath(path, user)} {...props} />
                {words.of}
              </>
            )}
            <StreamOf at={at} path={path} choosing={choosing} user={user} />
          </Fragment>
        ))}
        {columns.length > 0 && words.comma}
        <StreamOf at="new" path="" choosing={choosing} user={user} />
        {columns.length > 1 && !isSeries && (
          <>
            {words.andKeep}
            <ChoiceWord
              label={words.keep}
              chosen={question.isComplete ? "all" : "any"}
              options={[
                ["all", words.keepAll],
                ["any", words.keepAny],
              ]}
              onChoose={(id) => onChange({ isComplete: id === "all" })}
            />
          </>
        )}
        {words.end}
        <RangePicker
          name={text.range.dates}
          range={rangeOf(question, props.now)}
          zone={question.zone}
          onChoose={(range) => onChange(timesOf(range, question))}
        />
      </div>
      {choosing.value !== undefined && (
        <div class="choosing">
          <StreamPicker
            key={choosing.value}
            streams={streams}
            label={chosen ? words.otherStream(shortPath(chosen.path, user)) : words.chooseStream}
            onChoose={choose}
            onCancel={stop}
          />
          <p class="actions">
            {chosen && (
              <button
                type="button"
                onClick={() => {
                  onChange({ columns: columns.filter((it) => it !== chosen) });
                  stop();
                }}
              >
                {words.takeOut(shortPath(chosen.path, user))}
              </button>
            )}
            <button type="button" class="quiet" onClick={stop}>
              {text.picker.cancel}
            </button>
          </p>
        </div>
      )}
    </>
  );
}

/** How a new column is most likely meant: the mean of numbers, the sum of counts, else the last value. */
function usual(path: string, { question, streams }: Props): string {
  if (question.every === "value") return "closest";
  const stream = streams.find((it) => it.path === path);
  return stream ? usualHow(stream) : "mean";
}

function separator(at: number, count: number, isSeries: boolean): ComponentChildren {
  if (at < count - 1) return isSeries ? words.comma : words.the;
  return isSeries ? words.and : words.andThe;
}

/** What there is a row for. */
function Every({ question, onChange }: Props) {
  const choose = (id: string) => {
    if (id === "series") onChange({ shape: "series" });
    else onChange({ shape: "table", every: id as Question["every"] });
  };
  return (
    <ChoiceWord
      label={words.every}
      chosen={question.shape === "series" ? "series" : question.every}
      options={Object.entries(words.everyNames)}
      onChoose={choose}
    />
  );
}

/** From when to when. */
function Times({ question, now, onChange }: Props) {
  const { from, to, zone } = question;
  const today = dayOf(now, zone);
  const starts = Object.entries(words.starts);
  const isDate = (text: string) => isDay(text) || isMoment(text);
  const isKnown = isDate(from) || from in words.starts;
  const own: [string, string][] = isKnown ? [] : [[from, words.daysAgo(from.slice(0, -1))]];
  const firstDay = (id: string) => (id === DAY ? later(today, -30) : id);
  return (
    <>
      {words.from}
      <ChoiceWord
        label={words.start}
        chosen={isDate(from) ? DAY : from}
        options={[...own, ...starts, [DAY, words.day]]}
        onChoose={(id) => onChange({ from: firstDay(id) })}
      />
      {isDate(from) && (
        <DayWord label={words.firstDay} day={from} onChoose={(from) => onChange({ from })} />
      )}
      {words.to}
      <ChoiceWord
        label={words.endDay}
        chosen={isDate(to) ? DAY : to}
        options={[
          ["now", words.today],
          [DAY, words.day],
        ]}
        onChoose={(id) => onChange({ to: id === DAY ? later(today, -1) : id })}
      />
      {isDate(to) && <DayWord label={words.lastDay} day={to} onChoose={(to) => onChange({ to })} />}
    </>
  );
}

/** What the sentence says of a range: its days, if it has whole ones or there is a row for each. */
function timesOf({ t1, t2 }: Range, { every, zone }: Question): Pick<Question, "from" | "to"> {
  // The last day is one of those in the range.
  const days = { from: dayOf(t1, zone), to: dayOf(t2 - 1, zone) };
  const isWhole = midnight(days.from, zone) === t1 && midnight(later(days.to, 1), zone) === t2;
  if (isWhole || isCalendar(every)) return days;
  return { from: localText(t1, zone), to: localText(t2, zone) };
}

/** How the value of a column is found. */
function How(props: Props & { at: number; how: string; name: string }) {
  const { question, at, how, name, onChange } = props;
  const isScript = !(how in HOWS);
  const set = (how: string) => {
    onChange({ columns: question.columns.map((it, i) => (i === at ? { ...it, how } : it)) });
  };
  return (
    <>
      <ChoiceWord
        label={words.how(name)}
        series={at}
        chosen={isScript ? SCRIPT : how}
        options={[...Object.entries(words.hows), [SCRIPT, words.script]]}
        // A script to begin with: what it did until now, or a mean.
        onChoose={(id) => set(id === SCRIPT ? scriptOf(how) : id)}
      />
      {isScript && (
        <ScriptWord label={words.scriptOf(name)} series={at} script={how} onInput={set} />
      )}
    </>
  );
}

/** The script of an interpolator that is one. */
function scriptOf(how: string): string {
  const script = interpolator(how);
  return script in HOWS ? interpolator("mean") : script;
}

function StreamOf(props: {
  at: Choosing;
  path: string;
  user: string;
  choosing: { value: Choosing | undefined };
}) {
  const { at, path, user, choosing } = props;
  const isNew = path === "";
  const name = isNew ? (at === "x" ? words.aStream : words.addStream) : shortPath(path, user);
  return (
    <StreamWord
      name={name}
      label={isNew ? name : words.change(name)}
      isNew={isNew}
      {...(typeof at === "number" ? { series: at } : {})}
      isOpen={choosing.value === at}
      onOpen={() => {
        choosing.value = choosing.value === at ? undefined : at;
      }}
    />
  );
}
