import type { Behaviour, Perform, Performance, Scene } from "../contract/world.ts";
import {
  type Script,
  scripts,
  startScriptedUpstream,
  type UpstreamStep,
} from "./scripted-upstream.ts";
import { createSocketBench, providerAt, type SocketBench } from "./socket-bench.ts";

const shortened = (steps: readonly UpstreamStep[]): readonly UpstreamStep[] => [
  ...steps.slice(0, 1),
  { do: "write", bytes: '{"id":' },
  { do: "cut" },
];

/** How a scripted upstream plays a behaviour. */
function stepsOf(behaviour: Behaviour, streamed: boolean): readonly UpstreamStep[] {
  switch (behaviour) {
    case "answers":
      return streamed ? scripts.stream() : scripts.reply();
    case "rate limits":
      return scripts.error(429, { "retry-after-ms": "20" });
    case "rate limits for 1 s":
      return scripts.error(429, { "retry-after": "1" });
    case "rate limits for 30 s":
      return scripts.error(429, { "retry-after": "30" });
    case "is overloaded":
      return scripts.error(503);
    case "refuses the key":
      return scripts.error(401);
    case "refuses the request":
      return scripts.error(400);
    case "breaks before an answer":
      return scripts.cut();
    case "breaks before content":
      return streamed ? scripts.roleOnly("cut") : shortened(scripts.reply());
    case "breaks after content":
      return streamed ? scripts.begun("cut") : shortened(scripts.reply());
    case "sends only pings":
      return scripts.roleOnly("stall");
    case "stalls after content":
      return scripts.begun("stall");
    default:
      return scripts.silent();
  }
}

/**
 * A connection serves one request of a scene: one that was used before and then breaks is not an attempt's failure but the
 * transport's to mend, by sending once more, and that has tests of its own.
 */
const onOneConnection = (step: UpstreamStep): UpstreamStep =>
  step.do === "head" ? { ...step, headers: { ...step.headers, connection: "close" } } : step;

/** Plays scenes over sockets, each against an upstream of its own that speaks chat completions. */
export const performOnSockets: Perform = performBy(async (url) =>
  createSocketBench(providerAt(url)),
);

/** Plays scenes on benches that reach the upstream at a URL. */
export function performBy(open: (url: string) => Promise<SocketBench>): Perform {
  return (scene) => perform(scene, open);
}

async function perform(
  scene: Scene,
  open: (url: string) => Promise<SocketBench>,
): Promise<Performance> {
  const script: Script = (model, nth) => {
    const list = scene.behaviours[model] ?? [];
    const behaviour = list[Math.min(nth, list.length - 1)] ?? "stays silent";
    return stepsOf(behaviour, scene.streamed).map(onOneConnection);
  };
  const upstream = await startScriptedUpstream(script);
  const bench = await open(upstream.url);
  const { dispatch, result } = bench.send(scene.plan, scene.streamed);
  if (scene.leavesAfterMs !== null) {
    const leave = bench.timers.createAlarm(() => dispatch.clientGone());
    leave.set(bench.world.now() + scene.leavesAfterMs);
  }
  const over = await result;
  // A whole answer's connection may take a moment to end, and an alarm watches it.
  for (let turn = 0; turn < 10_000 && bench.timers.pending > 0; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const left = {
    alarms: bench.timers.pending,
    attempts: ["a", "b", "c", "d", "e"].reduce((sum, name) => sum + bench.health.inFlight(name), 0),
  };
  await bench.close();
  await upstream.close();
  if (bench.bugs.length > 0) throw new Error("a bug was reported", { cause: bench.bugs[0] });
  return { result: over, left };
}
