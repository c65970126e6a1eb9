import { render } from "preact";
import { load } from "./api/session.ts";
import { App } from "./app.tsx";
import { follow } from "./route.ts";
import { text } from "./text/en.ts";
import { Failure } from "./widgets/failure.tsx";
import "./style/index.css";

const root = document.getElementById("app");
if (root) void start(root);

async function start(root: Element): Promise<void> {
  try {
    await load();
  } catch (error) {
    render(<Unreachable error={error} root={root} />, root);
    return;
  }
  follow();
  render(<App />, root);
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
