// The service worker: it is told the names of all files that the build has made.

import { readdirSync } from "node:fs";
import type { Plugin } from "vite";
import { icons } from "./icons.ts";

const NAME = "sw.js";

// Nobody needs them without a connection.
const LEFT_OUT = [NAME, "licences.txt"];

export function worker(): Plugin {
  return {
    name: "worker",
    generateBundle: {
      // After everything else.
      order: "post",
      handler(_, bundle) {
        const names = new Set([...Object.keys(bundle), ...readdirSync("public"), "index.html"]);
        for (const [fileName, source] of icons()) {
          this.emitFile({ type: "asset", fileName, source });
          names.add(fileName);
        }
        // What is in `public` is copied over what was built.
        const taken = readdirSync("public").find((name) => name in bundle);
        if (taken) throw new Error(`${taken} is built from a source, and in public`);
        for (const name of LEFT_OUT) names.delete(name);
        const chunk = bundle[NAME];
        if (chunk?.type !== "chunk" || chunk.imports.length > 0) {
          throw new Error(`${NAME} must be one file`);
        }
        chunk.code = `const FILES = ${JSON.stringify([...names].sort())};\n${chunk.code}`;
      },
    },
  };
}
