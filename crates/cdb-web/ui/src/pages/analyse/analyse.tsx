// Streams side by side, as a table and as pictures.

import { useSignal } from "@preact/signals";
import type { Session } from "../../api/session.ts";
import type { Query } from "../../data/code.ts";
import { datasetQuery, MAX_ROWS } from "../../data/dataset.ts";
import { addressOf, parseQuestion, type Question } from "../../data/dataset-address.ts";
import { useAnswer } from "../../data/dataset-answer.ts";
import { csv } from "../../data/dataset-file.ts";
import { ask, type Problem, problemOf, type Result, rangeOf } from "../../data/dataset-result.ts";
import { ownStreams } from "../../data/dataset-streams.ts";
import { save } from "../../data/files.ts";
import { mergeQuery } from "../../data/merge.ts";
import { usePolled } from "../../data/polled.ts";
import { go, path, search } from "../../route.ts";
import { text } from "../../text/en.ts";
import { count } from "../../text/format.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Head } from "../../widgets/head.tsx";
import { Icon } from "../../widgets/icons.tsx";
import { ShownCode } from "./code.tsx";
import { Drawing } from "./drawing.tsx";
import { GoesWith } from "./goes-with.tsx";
import { Rows } from "./rows.tsx";
import { Sentence } from "./sentence.tsx";
import "../../style/analyse.css";

const words = text.analyse;

/** Writes a part of the address; what is `undefined` goes. */
function setAddress(changes: Record<string, string | undefined>): void {
  const said = new URLSearchParams(search.value);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) said.delete(key);
    else said.set(key, value);
  }
  go(`${path.value}?${said.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`);
}

export function AnalysePage({ session }: { session: Session }) {
  // The same for all of the page, for as long as it is there.
  const now = useSignal(Math.floor(Date.now() / 1000)).value;
  const { polled } = usePolled(() => ownStreams(session.user), Number.POSITIVE_INFINITY, "");
  const streams = polled.value.value;
  const question = parseQuestion(search.value);
  const problem = problemOf(question, now);
  const key = problem === undefined ? addressOf(question, "") : undefined;
  const answer = useAnswer(key, (signal) => ask(question, now, signal)).value;
  const result = answer.value;
  const code = new URLSearchParams(search.value).get("code");
  const change = (changes: Partial<Question>) => {
    go(path.value + addressOf({ ...question, ...changes }, search.value));
  };
  return (
    <>
      <Head title={words.title} below={words.hint}>
        {result && (
          <>
            <button
              type="button"
              class="quiet with-icon"
              aria-expanded={code !== null}
              onClick={() => setAddress({ code: code === null ? "python" : undefined })}
            >
              <Icon name="scripts" />
              {code === null ? words.code : words.hideCode}
            </button>
            <a class="button" href={boardsFor(question)} aria-label={text.stream.pin}>
              {text.stream.board}
            </a>
            <Files result={result} />
          </>
        )}
      </Head>
      <Failure error={polled.value.error} />
      {streams?.length === 0 && question.columns.length === 0 ? (
        <NoStreams />
      ) : (
        <section class="card asked">
          <Sentence
            question={question}
            streams={streams ?? []}
            user={session.user}
            now={now}
            onChange={change}
          />
          <p class="hint status" role="status">
            <span>
              {problem === undefined
                ? answer.error === undefined && statusOf(result, answer.took, question)
                : problemText(problem)}
            </span>
            {problem === undefined && <span class="keys">{words.keys}</span>}
          </p>
          <Failure error={answer.error} />
        </section>
      )}
      {code !== null && problem === undefined && (
        <ShownCode
          query={queryOf(question, now)}
          place={{ url: location.origin, user: session.user }}
          shown={code}
          onChoose={(code) => setAddress({ code })}
        />
      )}
      {result && (
        <div class={answer.isAsking || answer.error !== undefined ? "answer old" : "answer"}>
          <Rows question={question} result={result} now={now} />
          <Drawing result={result} zone={question.zone} onChoose={setAddress} />
        </div>
      )}
      {result && streams && question.shape === "table" && (
        <GoesWith question={question} streams={streams} now={now} onChoose={setAddress} />
      )}
    </>
  );
}

function statusOf(result: Result | undefined, took: number, question: Question): string {
  if (!result) return words.asking;
  const { rows, kept, isCut } = result;
  if (isCut) return words.cut(count(rows.length));
  if (rows.length === 0) return words.noRows;
  const ms = String(Math.round(took));
  return question.isComplete && question.shape === "table"
    ? words.status(count(rows.length), count(kept.length), ms)
    : words.statusAll(count(rows.length), ms);
}

function problemText(problem: Problem): string {
  if (typeof problem === "object") return words.tooMany(count(problem.rows), count(MAX_ROWS));
  return { columns: words.empty, x: words.needsX, order: words.wrongOrder }[problem];
}

/** What programs ask: they get what is kept. */
function queryOf(question: Question, now: number): Query {
  const bounds = rangeOf(question, now);
  return question.shape === "series"
    ? { kind: "merge", query: mergeQuery(question.columns, bounds) }
    : { kind: "dataset", query: datasetQuery(question, bounds) };
}

/** Where the streams of a question are saved to a board. */
function boardsFor({ columns, every, x }: Question): string {
  const paths = columns.map(({ path }) => path);
  const all = new Set(every === "value" ? [x, ...paths] : paths);
  return `/app/boards?${[...all].map((path) => `pin=${path}`).join("&")}`;
}

function Files({ result: { columns, kept } }: { result: Result }) {
  const names = columns.map(({ key }) => key);
  return (
    <>
      <button type="button" onClick={() => save("table.csv", csv(names, kept), "text/csv")}>
        {words.csv}
      </button>
      <button
        type="button"
        onClick={() => save("table.json", JSON.stringify(kept), "application/json")}
      >
        {words.json}
      </button>
    </>
  );
}

function NoStreams() {
  return (
    <section class="card">
      <p>{words.noStreams}</p>
      <a class="button primary" href="/app/new/stream">
        {text.create.stream}
      </a>
    </section>
  );
}
