import { defineConfig } from "vite";
import { licences } from "./licences.ts";
import { worker } from "./worker.ts";

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
      },
    },
  },
  // Of a worker, too.
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "[name].js" } } },
  plugins: [licences(), worker()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
