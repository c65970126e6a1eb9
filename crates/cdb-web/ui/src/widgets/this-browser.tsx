import { text } from "../text/en.ts";
import { isInstalled, isOutdated } from "../worker/register.ts";

/** What this browser does without a connection. */
export function ThisBrowser() {
  if (isInstalled.value === undefined) return null;
  return (
    <section class="card">
      <h2>{text.browser.title}</h2>
      <p>{isInstalled.value ? text.browser.works : text.browser.plain}</p>
    </section>
  );
}

/** Says that the server has a new version of the page. What is typed stays until one reloads it. */
export function NewVersion() {
  if (!isOutdated.value) return null;
  return (
    <p class="note warn new-version" role="status">
      {text.browser.update}
      <button type="button" onClick={() => location.reload()}>
        {text.browser.reload}
      </button>
    </p>
  );
}
