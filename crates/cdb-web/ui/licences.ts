// The licences of the packages that are part of the page: checked, and put beside it.

import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

const ALLOWED = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"];

interface Locked {
  version?: string;
  license?: string;
  dev?: boolean;
}

export function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts() });
    },
  };
}

function texts(): string {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const packages = Object.entries(lock.packages as Record<string, Locked>);
  const used = packages.filter(([path, { dev }]) => path !== "" && !dev);
  const parts = used.map(([path, { version, license }]) => {
    const name = path.replace("node_modules/", "");
    if (!license || !ALLOWED.includes(license)) {
      throw new Error(`${name} has the licence ${license}, which is not in the list`);
    }
    const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
    if (!file) throw new Error(`${name} has no text of its licence`);
    return `${name} ${version} (${license})\n\n${readFileSync(`${path}/${file}`, "utf8").trim()}\n`;
  });
  return parts.join("\n");
}
