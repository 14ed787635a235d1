import type { Cause } from "../../src/protocol/cause.ts";
import type { Failure } from "../../src/protocol/failure.ts";
import { dispatch } from "../../src/runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../src/runtime/dispatch/machine-types.ts";
import type { Job } from "../../src/runtime/dispatch/world.ts";
import { type AttemptScript, VirtualWorld } from "../../src/simulator/virtual-world.ts";
import type { Behaviour, Performance, Scene } from "../contract/world.ts";

const fails = (afterMs: number, cause: Cause, more: Partial<Failure> = {}): AttemptScript => ({
  firstTokenMs: null,
  flowsUntilMs: 0,
  end: { afterMs, failure: { cause, retrySame: true, message: "", ...more }, usage: null },
});

const silence: AttemptScript = { firstTokenMs: null, flowsUntilMs: 0, end: null };

/** How the virtual World plays a behaviour. */
export function scriptOf(behaviour: Behaviour, streamed: boolean): AttemptScript {
  switch (behaviour) {
    case "answers":
      return {
        firstTokenMs: 10,
        flowsUntilMs: 20,
        end: { afterMs: 20, failure: null, usage: null },
      };
    case "rate limits":
      return fails(10, "rate_limited", { retryAfterMs: 20 });
    case "rate limits for 1 s":
      return fails(10, "rate_limited", { retryAfterMs: 1_000 });
    case "rate limits for 30 s":
      return fails(10, "rate_limited", { retryAfterMs: 30_000 });
    case "is overloaded":
      return fails(10, "overloaded");
    case "refuses the key":
      return fails(10, "auth", { retrySame: false });
    case "refuses the request":
      return fails(10, "bad_request", { retrySame: false });
    case "breaks before an answer":
      return fails(10, "network");
    case "breaks before content":
      return fails(10, streamed ? "cut_stream" : "network");
    case "breaks after content":
      return {
        ...fails(20, streamed ? "cut_stream" : "network"),
        firstTokenMs: 10,
      };
    case "stalls after content":
      return { firstTokenMs: 10, flowsUntilMs: 10, end: null };
    default:
      return silence;
  }
}

/** Plays a scene in a virtual World of its own. */
export function performVirtually(scene: Scene): Performance {
  const counts = new Map<string, number>();
  const world = new VirtualWorld<Job>({
    random: () => 0,
    model({ target }) {
      const nth = counts.get(target) ?? 0;
      counts.set(target, nth + 1);
      const list = scene.behaviours[target] ?? [];
      return scriptOf(list[Math.min(nth, list.length - 1)] ?? "stays silent", scene.streamed);
    },
  });
  const results: DispatchResult[] = [];
  const running = dispatch(
    { plan: scene.plan, streamed: scene.streamed, finished: (result) => results.push(result) },
    world,
  );
  if (scene.leavesAfterMs !== null) world.at(scene.leavesAfterMs, () => running.clientGone());
  world.run();
  const [result] = results;
  if (!result || results.length !== 1) throw new Error(`finished ${results.length} times`);
  return { result, left: { alarms: world.openAlarms, attempts: world.openAttempts } };
}
