import { text } from "../text/en.ts";

/** What this browser does without a connection. */
export function ThisBrowser() {
  const hasWorker = "serviceWorker" in navigator;
  return (
    <section class="card">
      <h2>{text.browser.title}</h2>
      <p>{hasWorker ? text.browser.works : text.browser.plain}</p>
    </section>
  );
}
