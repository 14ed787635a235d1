import fc from "fast-check";
import { expect, test } from "vitest";
import { performOnSockets } from "../support/socket-performance.ts";
import { performVirtually } from "../support/virtual-performance.ts";
import { anyQuickScene, essence, worldContract } from "./world.ts";

worldContract("virtual", async () => async (scene) => performVirtually(scene));
worldContract("socket", async () => performOnSockets);

test("the socket and the virtual World give the same attempts for the same events", async () => {
  await fc.assert(
    fc.asyncProperty(anyQuickScene, async (scene) => {
      const live = await performOnSockets(scene);
      expect(essence(live)).toEqual(essence(performVirtually(scene)));
      expect(live.left).toEqual({ alarms: 0, attempts: 0 });
    }),
    { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 2_000 : 60 },
  );
});
