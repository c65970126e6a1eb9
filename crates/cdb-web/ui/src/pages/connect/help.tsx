import { text } from "../../text/en.ts";

/** What to look at when nothing arrives. */
export function Help({ host }: { host: string }) {
  const { help } = text.connect;
  return (
    <aside class="connect-help">
      <section>
        <h2>{help.nothing}</h2>
        <ul>
          <li>
            {help.reach[0]} <code>{host}</code>
            {help.reach[1]}
          </li>
          <li>{help.key}</li>
          <li>{help.stream}</li>
        </ul>
      </section>
      <section>
        <h2>{help.oneKey}</h2>
        <p>{help.oneKeyWhy}</p>
      </section>
    </aside>
  );
}
