import { defineConfig } from "vitest/config";

// Tests of the page in a browser, with a server of their own: `cdb` must be built before.
//
// Nothing here is measured by how long it takes at most: on a machine with two cores that has other work, all of
// it takes ten times as long.
export default defineConfig({
  test: {
    environment: "node",
    include: ["e2e/**/*.test.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 20_000 } },
    // On a busy machine the browser is late now and then; what is wrong fails twice.
    retry: 1,
    // Each file has a server and a browser of its own. More of them at a time are late on two cores.
    maxWorkers: 2,
  },
});
