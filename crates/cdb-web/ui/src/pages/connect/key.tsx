import { useSignal } from "@preact/signals";
import { generate } from "lean-qr";
import { useId } from "preact/hooks";
import { save } from "../../data/files.ts";
import { text } from "../../text/en.ts";
import { CopyButton } from "../../widgets/copy.tsx";
import { isLoopback } from "./lines.ts";

/** The key of the device and the address of the server, in letters and as a square for a camera. */
export function KeyCard(props: {
  name: string;
  apikey: string;
  server: string;
  onServer: (server: string) => void;
}) {
  const { name, apikey, server, onServer } = props;
  return (
    <div class="card key">
      <Square content={JSON.stringify({ url: server, apikey })} />
      <div class="key-words">
        <ServerField server={server} onServer={onServer} />
        <div class="field">
          <span class="hint" id="key-label">
            {text.connect.key}
          </span>
          <output class="secret" aria-labelledby="key-label">
            {apikey}
          </output>
        </div>
        <p class="actions">
          <CopyButton isPrimary words={apikey} label={text.connect.copyKey} />
          <button
            type="button"
            onClick={() => save(`${name}.env`, `CDB_URL=${server}\nCDB_APIKEY=${apikey}\n`)}
          >
            {text.connect.saveKey}
          </button>
        </p>
      </div>
      <p class="hint">{text.connect.square}</p>
    </div>
  );
}

/** Where the device finds the server. It can be changed if the browser uses an address that only it can use. */
function ServerField({ server, onServer }: { server: string; onServer: (server: string) => void }) {
  const id = useId();
  const isFixed = useSignal(!isLoopback(server)).value;
  if (isFixed) {
    return (
      <div class="field">
        <span class="hint" id={id}>
          {text.connect.server}
        </span>
        <output class="secret" aria-labelledby={id}>
          {server}
        </output>
      </div>
    );
  }
  return (
    <div class="field">
      <label for={id}>{text.connect.server}</label>
      <input
        id={id}
        class="code"
        type="url"
        spellcheck={false}
        autocomplete="off"
        aria-describedby={`${id}-note`}
        value={server}
        onInput={(event) => {
          onServer(event.currentTarget.value.trim().replace(/\/+$/, ""));
        }}
      />
      {isLoopback(server) && (
        <p class="note warn" id={`${id}-note`}>
          {text.connect.loopback(new URL(server).host)}
        </p>
      )}
    </div>
  );
}

function Square({ content }: { content: string }) {
  const code = generate(content);
  const { size } = code;
  const cells = Array.from({ length: size * size }, (_, i) => [i % size, Math.floor(i / size)]);
  const dark = cells.filter(([x = 0, y = 0]) => code.get(x, y));
  const path = dark.map(([x, y]) => `M${x} ${y}h1v1h-1z`).join("");
  return (
    <svg class="square" viewBox={`-4 -4 ${size + 8} ${size + 8}`} role="img">
      <title>{text.connect.squareName}</title>
      <path d={path} shape-rendering="crispEdges" />
    </svg>
  );
}
