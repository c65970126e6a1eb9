// "What goes with my mood?": one column against all own streams, the strongest first.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { hasEnded } from "../../api/session.ts";
import { chance, isDoubtful, ranked } from "../../data/correlation.ts";
import { candidates, compare, type Found, type Search } from "../../data/correlation-search.ts";
import { type Column, columnNames, NEAR } from "../../data/dataset.ts";
import { addressOf, type Question } from "../../data/dataset-address.ts";
import { type OwnStream, usualHow } from "../../data/dataset-streams.ts";
import { search } from "../../route.ts";
import { signed } from "../../text/amounts.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Icon } from "../../widgets/icons.tsx";
import { ChoiceWord } from "./word.tsx";

const words = text.goesWith;

/** So many of independent streams leave what chance gives. */
const CHANCE = 1 / 20;

interface Props {
  question: Question;
  streams: OwnStream[];
  now: number;
  onChoose: (changes: Record<string, string | undefined>) => void;
}

export function GoesWith(props: Props) {
  const { question, streams, onChoose } = props;
  const said = new URLSearchParams(search.value);
  const names = columnNames(question.columns);
  const wanted = said.get("with");
  const at = Math.max(names.indexOf(wanted ?? ""), 0);
  const column = question.columns[at];
  if (!column) return null;
  const target = ofDay(column, streams);
  const others = candidates(streams, target.path);
  const isBefore = said.get("lag") === "1";
  return (
    <section class="card goes-with" aria-labelledby="goes-with">
      <div class="head">
        <div>
          <h2 id="goes-with">
            {words.title}
            <ChoiceWord
              label={words.target}
              chosen={names[at] ?? ""}
              options={names.map((name) => [name, name])}
              series={at}
              onChoose={(name) => onChoose({ with: name })}
            />
            {words.question}
          </h2>
          <p class="hint">{words.hint(count(others.length), others.length === 1)}</p>
        </div>
        {wanted !== null && (
          <fieldset class="segments">
            <legend class="for-readers">{words.lag}</legend>
            {[false, true].map((before) => (
              <button
                key={String(before)}
                type="button"
                aria-pressed={isBefore === before}
                onClick={() => onChoose({ lag: before ? "1" : undefined })}
              >
                {before ? words.before : words.same}
              </button>
            ))}
          </fieldset>
        )}
      </div>
      {wanted === null ? (
        <button
          type="button"
          disabled={others.length === 0}
          onClick={() => onChoose({ with: names[at] ?? "" })}
        >
          {words.start}
        </button>
      ) : (
        <Compared
          // What is compared anew is another comparison.
          key={addressOf({ ...question, columns: [target], every: "day", x: "" }, "")}
          {...props}
          target={target}
          others={others}
          isBefore={isBefore}
        />
      )}
    </section>
  );
}

/** How a column is taken day by day: not by its value at midnight. */
function ofDay(column: Column, streams: OwnStream[]): Column {
  const stream = streams.find(({ path }) => path === column.path);
  return stream && NEAR.includes(column.how) ? { ...column, how: usualHow(stream) } : column;
}

/** Asks while it is there, and stops when it goes. */
function useComparison({ question, now }: Props, target: Column, others: OwnStream[]) {
  const state = useSignal<Search>({ found: [], done: 0, all: others.length, failed: 0 });
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    compare(question, target, others, now, signal, (search) => {
      if (!signal.aborted) state.value = search;
    }).catch(async (failure) => {
      if (signal.aborted || (await hasEnded(failure)) || signal.aborted) return;
      error.value = failure;
    });
    return () => controller.abort();
  }, []);
  return { state: state.value, error: error.value };
}

function Compared(props: Props & { target: Column; others: OwnStream[]; isBefore: boolean }) {
  const { question, target, others, isBefore } = props;
  const { state, error } = useComparison(props, target, others);
  const correlations = state.found.map((it) => ({ ...it, ...(isBefore ? it.before : it.same) }));
  const rows = ranked(correlations);
  const isDone = state.done === state.all;
  const silent = state.done - rows.length;
  return (
    <>
      <Failure error={error} />
      {!isDone && error === undefined && (
        <p class="progress">
          <progress max={state.all} value={state.done} aria-label={words.progressLabel} />
          <span class="hint">{words.progress(count(state.done), count(state.all))}</span>
        </p>
      )}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{words.stream}</th>
              <th scope="col" class="as">
                {words.as}
              </th>
              <th scope="col" class="bar-scale">
                <span aria-hidden="true">
                  <span>−1</span>
                  <span>0</span>
                  <span>+1</span>
                </span>
              </th>
              <th scope="col" class="number">
                {words.r}
              </th>
              <th scope="col" class="number">
                {words.days}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Correlated key={row.stream.path} row={row} question={question} target={target} />
            ))}
          </tbody>
        </table>
      )}
      <p class="hint" role="status">
        {isDone && rows.length === 0 && `${words.nothing} `}
        {isDone && silent > 0 && rows.length > 0 && `${words.leftOut(count(silent))} `}
        {isDone &&
          rows.length > 0 &&
          words.caution(count(rows.length), Math.round(rows.length * CHANCE))}
      </p>
    </>
  );
}

function Correlated(props: {
  row: Found & { r: number; n: number };
  question: Question;
  target: Column;
}) {
  const { row, question, target } = props;
  const { stream, column, r, n } = row;
  const isFew = isDoubtful(row);
  const isChance = Math.abs(r) <= chance(n);
  const name = stream.stream.nickname || stream.stream.name;
  const both = addressOf({ ...question, every: "day", columns: [target, column] }, "");
  return (
    <tr>
      <th scope="row">
        <a href={`/app/analyse${both}`}>{name}</a> <span class="hint">{stream.path}</span>
        {isFew && (
          <span class="few">
            <Icon name="warning" />
            <span>
              {words.few(count(n))}
              <span class="why">{words.fewWhy}</span>
            </span>
          </span>
        )}
        {!isFew && isChance && <span class="hint chance">{words.chance}</span>}
      </th>
      <td class="as">{text.analyse.hows[column.how]}</td>
      <td class="bar-cell">
        <Bar r={r} chance={chance(n)} isFew={isFew} />
      </td>
      <td class="number value">{signed(r)}</td>
      <td class="number">{count(n)}</td>
    </tr>
  );
}

/** From −1 to +1, on the grey of what chance gives. The number stands beside it. */
function Bar({ r, chance, isFew }: { r: number; chance: number; isFew: boolean }) {
  const kind = `${r < 0 ? "minus" : "plus"}${isFew ? " few" : ""}`;
  return (
    <svg
      class="correlation"
      viewBox="-1.02 0 2.04 20"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="end" d="M-1 1V19M1 1V19" />
      <rect class="grey" x={-chance} width={2 * chance} y="1" height="18" />
      <rect class={kind} x={Math.min(r, 0)} width={Math.abs(r)} y="5.500" height="9" />
      <path class="middle" d="M0 1V19" />
    </svg>
  );
}
