import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Many tests wait for processes of their own: on two cores one worker leaves a third of the machine idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ["test/support/setup.ts"],
    testTimeout: process.env["SIGNALBOX_LONG"] === "1" ? 600_000 : 30_000,
    hookTimeout: 30_000,
  },
});
