import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { licences } from "./licences.ts";
import { worker } from "./worker.ts";

interface Context {
  getModuleInfo: (id: string) => { importedIds?: string[] } | null;
}

/**
 * What Vite does not do for the page: nothing is drawn before the script has run, which sets the theme that was
 * chosen on this browser; and the icon is in the page, which would ask for it before anything can be used.
 */
function head(): Plugin {
  const handler = (html: string) => {
    const icon = encodeURIComponent(readFileSync("public/icon.svg", "utf8"));
    return html
      .replace('<script type="module"', '<script type="module" blocking="render"')
      .replace(/(<link rel="icon" href=)"[^"]*"/, `$1"data:image/svg+xml,${icon}"`);
  };
  return { name: "head", transformIndexHtml: { order: "post", handler } };
}

let atStart: Set<string> | undefined;

/** Whether the first page needs a module: all of these are one file, which is asked for once. */
function isAtStart(id: string, context: Context): boolean {
  if (!atStart) {
    atStart = new Set();
    const add = (id: string) => {
      if (atStart?.has(id)) return;
      atStart?.add(id);
      for (const imported of context.getModuleInfo(id)?.importedIds ?? []) add(imported);
    };
    add(fileURLToPath(new URL("src/main.tsx", import.meta.url)));
  }
  return atStart.has(id);
}

// Files have no digest in their names: the server puts that of all files into their addresses, in the
// place of these zeros.
export default defineConfig({
  base: "/app/assets/0000000000000000/",
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: { index: "index.html", sw: "src/worker/sw.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
        codeSplitting: {
          groups: [
            {
              name: (id: string, context: Context) => (isAtStart(id, context) ? "start" : null),
            },
          ],
        },
      },
    },
  },
  // Of a worker, too.
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "[name].js" } } },
  plugins: [head(), licences(), worker()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
