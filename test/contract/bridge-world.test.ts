import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bridgedProvider, createBridgeBench, isInstalled } from "../support/bridge-bench.ts";
import { performBy } from "../support/socket-performance.ts";
import { performVirtually } from "../support/virtual-performance.ts";
import { anyQuickScene, essence, worldContract } from "./world.ts";

// This package speaks chat completions, which is what the contract's upstream plays.
const name = "@ai-sdk/groq";
const perform = performBy(async (url) => createBridgeBench(bridgedProvider(name, url)));

describe.skipIf(!isInstalled(name))("through a package", () => {
  worldContract("bridge", async () => perform);

  test("the bridge and the virtual World give the same attempts for the same events", async () => {
    await fc.assert(
      fc.asyncProperty(anyQuickScene, async (scene) => {
        const live = await perform(scene);
        expect(essence(live)).toEqual(essence(performVirtually(scene)));
        expect(live.left).toEqual({ alarms: 0, attempts: 0 });
      }),
      { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 1_000 : 40 },
    );
  });
});
