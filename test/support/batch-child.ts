import { startGateway } from "../../src/gateway/start.ts";
import { createTimerWheel } from "../../src/runtime/transport/timer-wheel.ts";
import { batchVariables } from "./batch-bench.ts";
import { logInto } from "./gateway.ts";
import { createHandClock } from "./hand-clock.ts";

/** What the process that was forked from this file says. */
export type ChildSays = { readonly url: string } | { readonly passed: number };

/** A gateway in a process of its own that can be killed: told milliseconds, it lets them pass. */
const [, , configurationFile = "", startMs = "0"] = process.argv;
const clock = createHandClock(Number(startMs));
const gateway = await startGateway({
  configurationFile,
  variables: batchVariables,
  logger: logInto([]),
  laneTime: { clock, timers: createTimerWheel(clock, clock) },
});

function say(what: ChildSays): void {
  process.send?.(what);
}

process.on("message", (ms: number) => {
  void gateway
    .batchesSettled()
    .then(() => {
      clock.pass(ms);
      return gateway.batchesSettled();
    })
    .then(() => say({ passed: ms }));
});
process.on("disconnect", () => process.exit());
say({ url: gateway.url });
