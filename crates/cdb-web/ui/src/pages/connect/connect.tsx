// A device is connected in steps: what it is, what it will write, its key, its first datapoint.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Stream } from "../../api/objects.ts";
import type { Session } from "../../api/session.ts";
import { type Action, useAction } from "../../data/action.ts";
import { unitOf } from "../../data/unit.ts";
import { text } from "../../text/en.ts";
import { Failure } from "../../widgets/failure.tsx";
import { Head } from "../../widgets/head.tsx";
import { Help } from "./help.tsx";
import { IdentityForm } from "./identity.tsx";
import { KeyCard } from "./key.tsx";
import { sampleOf } from "./kinds.ts";
import { PlannedForm } from "./planned.tsx";
import { Send } from "./send.tsx";
import { type State, Step } from "./step.tsx";
import { type Connecting, useConnecting } from "./steps.ts";
import { Waiting } from "./waiting.tsx";
import "../../style/connect.css";

export function ConnectPage({ session }: { session: Session }) {
  const action = useAction();
  const connecting = useConnecting(session.user, action);
  return (
    <>
      <Head title={text.connect.title} below={text.connect.subtitle} />
      <Failure error={action.error.value} />
      <div class="connect">
        {connecting.isReady && <Steps connecting={connecting} action={action} />}
        <Help host={location.host} />
      </div>
    </>
  );
}

function Steps({ connecting, action }: { connecting: Connecting; action: Action }) {
  const { step, identity, path, key, streams, open, define, plan, renew, planned } = connecting;
  const server = useSignal(location.origin);
  const state = (number: number): State =>
    number === step ? "current" : number < Math.max(step, path ? 3 : 0) ? "done" : "later";
  const first = streams[0];
  const busy = action.isBusy.value;
  const change = (to: 1 | 2) => (state(to) === "done" ? () => open(to) : undefined);
  return (
    <ol class="steps">
      <Step number={1} title={text.connect.what} state={state(1)} onChange={change(1)}>
        {step === 1 ? (
          <IdentityForm identity={identity} exists={path !== ""} isBusy={busy} onDone={define} />
        ) : (
          <p>
            {identity.nickname && `${identity.nickname}, `}
            <code>{identity.name}</code>. {text.connect.roles[identity.role].sentence}
          </p>
        )}
      </Step>
      <Step number={2} title={text.connect.write} state={state(2)} onChange={change(2)}>
        {streams.length > 0 && <Chips streams={streams} />}
        {step === 2 && (
          <PlannedForm
            planned={path ? [] : planned}
            existing={streams.map(({ name }) => name)}
            isBusy={busy}
            verb={path ? text.connect.addStreams : text.connect.create}
            onDone={plan}
          />
        )}
      </Step>
      <Step number={3} title={text.connect.giveKey} state={state(3)}>
        {path && (key ? <p>{text.connect.once}</p> : <p>{text.connect.wasShown}</p>)}
        {path && key && (
          <KeyCard
            name={identity.name}
            apikey={key}
            server={server.value}
            onServer={(to) => {
              server.value = to;
            }}
          />
        )}
        {path && !key && (
          <p>
            <button type="button" disabled={busy} onClick={renew}>
              {text.edit.newKey}
            </button>
          </p>
        )}
      </Step>
      <Step number={4} title={text.connect.send} state={path ? "next" : "later"}>
        {path && first && <First {...{ connecting, first, server: server.value }} />}
      </Step>
    </ol>
  );
}

function Chips({ streams }: { streams: Stream[] }) {
  return (
    <ul class="kinds">
      {streams.map(({ name, datatype }) => (
        <li key={name}>{[name, unitOf(datatype)].filter(Boolean).join(", ")}</li>
      ))}
    </ul>
  );
}

/** The lines of the first datapoint, and the place where it will be seen. */
function First(props: { connecting: Connecting; first: Stream; server: string }) {
  const { connecting, first, server } = props;
  const { path, key, streams, language } = connecting;
  const paths = streams.map(({ name }) => `${path}/${name}`);
  const units = Object.fromEntries(
    streams.map(({ name, datatype }) => [`${path}/${name}`, unitOf(datatype)]),
  );
  const sample = sampleOf(first);
  useEffect(() => {
    document.querySelector(".step.current h2")?.scrollIntoView?.({ block: "nearest" });
  }, []);
  return (
    <>
      {key && (
        <Send point={{ server, key, path: `${path}/${first.name}`, sample }} chosen={language} />
      )}
      <Waiting paths={paths} units={units} />
    </>
  );
}
