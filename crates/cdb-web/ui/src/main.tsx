import { render } from "preact";
import { load, recall } from "./api/session.ts";
import { App } from "./app.tsx";
import * as queue from "./data/queue.ts";
import { follow } from "./route.ts";
import { text } from "./text/en.ts";
import { Failure } from "./widgets/failure.tsx";
import { register } from "./worker/register.ts";
import "./style/index.css";

/** How long the server may take to say who is logged in, if that was known before, in milliseconds. */
const PATIENCE = 3000;

const root = document.getElementById("app");
if (root) void start(root);

async function start(root: Element): Promise<void> {
  try {
    await know();
  } catch (error) {
    render(<Unreachable error={error} root={root} />, root);
    return;
  }
  follow();
  queue.start();
  register();
  render(<App />, root);
}

/** Finds out who is logged in: without a connection, whoever was it the last time. */
async function know(): Promise<void> {
  if (!navigator.onLine && recall()) return;
  const late = new Promise<void>((_, reject) => setTimeout(reject, PATIENCE));
  const answer = load();
  try {
    await Promise.race([answer, late]);
  } catch {
    if (!recall()) await answer;
  }
}

/** The server did not say who is logged in. */
function Unreachable({ error, root }: { error: unknown; root: Element }) {
  return (
    <main class="login">
      <Failure error={error} />
      <button type="button" onClick={() => void start(root)}>
        {text.errors.again}
      </button>
    </main>
  );
}
