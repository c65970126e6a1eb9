import { defineConfig } from "vitest/config";

// Tests of the page in a browser, with a server of their own: `cdb` must be built before.
export default defineConfig({
  test: {
    environment: "node",
    include: ["e2e/**/*.test.ts"],
    testTimeout: 30_000,
    // On a busy machine the browser is late now and then; what is wrong fails twice.
    retry: 1,
    hookTimeout: 30_000,
    // Each file has a server and a browser of its own. More of them at a time are late on two cores.
    maxWorkers: 2,
  },
});
