// Points of a file are written into a stream: what the file is taken for is shown and can be corrected, and nothing
// is written before one says so.

import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { createStream, devices, streams } from "../../api/objects.ts";
import type { Session } from "../../api/session.ts";
import { useAction } from "../../data/action.ts";
import type { Target } from "../../data/csv-messages.ts";
import { type Column, fitted, type Plan, schemaFor } from "../../data/csv-plan.ts";
import { formatOf, isClock } from "../../data/csv-when.ts";
import { usePolled } from "../../data/polled.ts";
import { parse } from "../../data/schema.ts";
import { BY_HAND } from "../../data/tree.ts";
import { go, search } from "../../route.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Head } from "../../widgets/head.tsx";
import { nameOf } from "../connect/kinds.ts";
import { Checked } from "./checked.tsx";
import { FileCard } from "./file-card.tsx";
import { IntoChoice, NewSchema, type Owned, pathOf } from "./into.tsx";
import { Options } from "./options.tsx";
import { Preview } from "./preview.tsx";
import { Source } from "./source.tsx";
import { useInto, useUpload } from "./use-upload.ts";
import "../../style/upload.css";

async function ask(user: string): Promise<Owned> {
  const [all, own] = await Promise.all([devices(user), streams(user)]);
  return { user, devices: all, streams: own };
}

export function UploadPage({ session }: { session: Session }) {
  const { polled } = usePolled(() => ask(session.user), Number.POSITIVE_INFINITY, session.user);
  const { value: owned, error } = polled.value;
  return (
    <>
      <Head title={text.upload.title} below={text.upload.subtitle} />
      <Failure error={error} />
      {owned && <Uploading session={session} owned={owned} />}
    </>
  );
}

function Uploading({ session, owned }: { session: Session; owned: Owned }) {
  const wanted = new URLSearchParams(search.value).get("into") ?? "";
  const created = useSignal<Target | undefined>(undefined);
  const form = useId();
  const upload = useUpload();
  const into = useInto(wanted, BY_HAND);
  const action = useAction();
  const plan = upload.plan.value;

  const targetOf = (path: string): Target | undefined => {
    if (created.value?.path === path) return created.value;
    const stream = owned.streams.find((it) => pathOf(owned, it) === path);
    if (!stream) return undefined;
    const canAppend = session.device === `${owned.user}/${stream.device}`;
    return { path, schema: parse(stream.schema), canAppend };
  };
  const check = (next: Plan, path = into.path.value) => {
    const target = targetOf(path);
    upload.check(target ? fitted(next, target.schema) : next, target);
  };
  upload.onOpened = (opened) => {
    if (!upload.plan.value && into.path.value === "") {
      // A stream that is called as the file or its column is the one that is meant, most likely.
      const names = [upload.name.value, ...valueNames(opened)].map(plainName);
      const meant = owned.streams.find(({ name }) => names.includes(name.toLowerCase()));
      into.path.value = meant ? pathOf(owned, meant) : "";
      into.name.value = names.find(Boolean) ?? "";
    }
    check(opened);
  };
  const choose = (path: string) => {
    into.path.value = path;
    go(addressOf(path));
    if (plan) check(plan, path);
  };
  const write = () =>
    action.run(async () => {
      if (!plan) return;
      let target = targetOf(into.path.value);
      if (!target) {
        const schema = schemaFor(plan);
        const device = `${owned.user}/${into.device.value}`;
        const path = `${device}/${into.name.value}`;
        await createStream(path, { schema: JSON.stringify(schema) });
        target = { path, schema, canAppend: session.device === device };
        created.value = target;
        owned.streams.push(newStream(into.device.value, into.name.value, schema));
        into.path.value = path;
        go(addressOf(path));
      }
      upload.write(target);
    });
  useEffect(() => {
    // A button of the browser may have changed it.
    if (wanted !== into.path.value && plan) choose(wanted);
  }, [wanted]);

  if (!plan) {
    return (
      <>
        <Failure error={upload.error.value} />
        {upload.phase.value === "opening" ? (
          <p role="status">{text.upload.opening}</p>
        ) : (
          <Source onFile={(file, name) => upload.open(file, name)} />
        )}
      </>
    );
  }
  return (
    <div class="upload">
      <FileCard upload={upload} />
      <section class="card plan">
        <h2>
          {text.upload.guess} <span class="hint">{text.upload.guessHint}</span>
        </h2>
        <form
          class="plan-fields"
          id={form}
          onSubmit={(event) => {
            event.preventDefault();
            void write();
          }}
        >
          <IntoChoice owned={owned} into={into} onChange={choose} />
          <Options
            plan={plan}
            onRead={(to) => check({ ...plan, ...to })}
            onSplit={(to) => upload.split({ ...plan, ...to, corrections: {} })}
          />
        </form>
        {plan.isAmbiguous && <p class="note warn">{text.upload.ambiguous}</p>}
        {into.path.value === "" && <NewSchema schema={schemaFor(plan)} />}
        <Preview
          plan={plan}
          rows={upload.preview.value}
          onColumn={(at, to) => check(changed(plan, at, to, upload.preview.value))}
        />
      </section>
      <Checked
        upload={upload}
        plan={plan}
        path={into.path.value}
        form={form}
        isBusy={action.isBusy.value}
        onCorrect={(row, column, cell) => {
          const { corrections } = plan;
          const corrected = { ...corrections, [row]: { ...corrections[row], [column]: cell } };
          check({ ...plan, corrections: corrected });
        }}
        onAgain={() => check(plan)}
      />
      <Failure error={action.error.value ?? upload.error.value} />
    </div>
  );
}

/** The address of the page for a stream. */
function addressOf(path: string): string {
  return path ? `/app/upload?into=${path}` : "/app/upload";
}

function valueNames({ columns }: Plan): string[] {
  return columns.filter(({ role }) => role === "value").map(({ name }) => name);
}

/** The name of a file or a column as that of a stream: `Weights 2019.csv` is `weights-2019`. */
function plainName(name: string): string {
  return nameOf(name.replace(/\.\w+$/, ""));
}

function newStream(device: string, name: string, schema: object) {
  const others = { nickname: "", description: "", datatype: "", downlink: false };
  return { device, name, schema: JSON.stringify(schema), ...others };
}

/** The plan with another column, and what follows: only a date and a time of day are both the time. */
function changed(plan: Plan, at: number, to: Column, rows: { cells: string[] }[]): Plan {
  const cell = (of: number) => (rows[0]?.cells[of] ?? "").trim();
  const columns = plan.columns.map((column, i): Column => {
    if (i === at) return to;
    const isOther = to.role === "time" && column.role === "time";
    return isOther && isClock(cell(i)) === isClock(cell(at)) ? { ...column, role: "out" } : column;
  });
  if (to.role !== "time") return { ...plan, columns };
  const times = columns.flatMap(({ role }, i) => (role === "time" ? [i] : []));
  // The date comes first.
  times.sort((a, b) => Number(isClock(cell(a))) - Number(isClock(cell(b))));
  const written = rows.map(({ cells }) => times.map((i) => (cells[i] ?? "").trim()).join(" "));
  const { format, isAmbiguous } = formatOf(written);
  return { ...plan, columns, time: format, isAmbiguous };
}
