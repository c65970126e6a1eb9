import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "happy-dom",
    // On a busy machine, what takes a second alone takes many.
    testTimeout: 30_000,
    include: ["src/**/*.test.{ts,tsx}"],
    // A process and a document for each file took ten times as long as the tests.
    isolate: false,
  },
});
