import { expect, test } from "vitest";
import type { Failure } from "../../../src/protocol/failure.ts";
import { noPlan, type Plan } from "../../../src/runtime/plan/plan.ts";
import type { DecisionRecord } from "../../../src/runtime/telemetry/decision-record.ts";
import { createLogTargets } from "../../../src/simulator/log-targets.ts";
import { type LoggedRequest, untoldOutcome } from "../../../src/simulator/logged-request.ts";
import { VirtualLane } from "../../../src/simulator/replay/batch-lane.ts";
import { BatchTimes } from "../../../src/simulator/replay/batch-times.ts";
import { Conditions } from "../../../src/simulator/replay/conditions.ts";
import { Learnt } from "../../../src/simulator/replay/learnt.ts";
import { ReplayedJob } from "../../../src/simulator/replay/replayed-job.ts";
import type { LineEnd } from "../../../src/simulator/replay/waiting-line.ts";
import { VirtualWorld } from "../../../src/simulator/virtual-world.ts";
import { benchStartMs, startBatchBench } from "../../support/batch-bench.ts";
import { scenarioOf, steady } from "../../support/replaying.ts";
import { configuration } from "../../support/simulation.ts";

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** A request that may wait, by its name and when it comes. */
interface Asked {
  readonly name: string;
  readonly target: "gpt" | "claude";
  readonly atMs: number;
}

/** What became of it: milliseconds after the start, and the attempts as `target outcome`. */
interface Became {
  readonly name: string;
  readonly ok: boolean;
  readonly endedMs: number;
  readonly attempts: readonly string[];
}

const asked: readonly Asked[] = [
  { name: "gpt 1", target: "gpt", atMs: 0 },
  { name: "claude odd", target: "claude", atMs: 1 * second },
  { name: "claude 2", target: "claude", atMs: 2 * second },
  { name: "gpt 2", target: "gpt", atMs: 4 * second },
  // The batch of the first two is made by now, and cannot be: the provider is down.
  { name: "gpt 3", target: "gpt", atMs: 8 * second },
  { name: "claude 3", target: "claude", atMs: 40 * second },
];
const down = { fromMs: 3 * second, toMs: 32 * second };
const delayMs = 2 * minute;
const endMs = 8 * minute;
const stepMs = 250;
const withinMs = hour;

/** Lets a live gateway carry them out, at providers that are down for a while. */
async function live(): Promise<{ readonly became: readonly Became[]; readonly made: number[] }> {
  let isDown = false;
  await using bench = await startBatchBench({
    policy: `if prompt contains "gpt" then gpt fallback home with batch within 1h, retry 0
      otherwise claude fallback home with batch within 1h, retry 0`,
    batches: {
      delayMs,
      line: (body) => (JSON.stringify(body).includes("claude odd") ? "overloaded" : null),
    },
    script: () => (isDown ? { status: 503, body: '{"error":{"message":"down"}}' } : null),
  });
  const named = new Map<string, string>();
  for (let atMs = 0; atMs < endMs; atMs += stepMs) {
    isDown = atMs >= down.fromMs && atMs < down.toMs;
    for (const each of asked)
      if (each.atMs === atMs) named.set(await ask(bench.gateway.url, each), each.name);
    await bench.pass(stepMs);
  }
  const made = [...bench.upstream.held.batches.values()].map(({ lines }) => lines.length);
  const records = await bench.records();
  return { made, became: records.map((record) => becameOf(record, named.get(record.id) ?? "?")) };
}

async function ask(url: string, { name }: Asked): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "main", messages: [{ role: "user", content: name }] }),
  });
  expect(response.status).toBe(202);
  await response.text();
  return response.headers.get("x-request-id") ?? "";
}

/** The lane's clock is moved by hand, and arrivals are by the gateway's own. */
function becameOf({ time, durationMs, outcome, attempts }: DecisionRecord, name: string): Became {
  return {
    ...{ name, ok: outcome === "ok" },
    endedMs: Date.parse(time) + durationMs - benchStartMs,
    attempts: attempts.map(({ target, outcome: each }) => `${target} ${each}`),
  };
}

/** The same on the virtual clock, where so many can wait at once. */
function simulated(
  most = 100,
  calledBackAtMs = Number.POSITIVE_INFINITY,
): { readonly became: readonly Became[]; readonly made: number } {
  const targets = createLogTargets(configuration);
  const scenario = scenarioOf({ outage: ["*@3s+29s:server_error"] });
  const conditions = new Conditions(scenario, {
    targetOf: (name) => targets.get(name),
    startMs: 0,
  });
  const modelOf = () => ({ ...steady, batchMs: [delayMs] });
  const learnt = new Learnt({ modelOf, outages: [] });
  const world = new VirtualWorld<ReplayedJob>({
    random: () => 0.5,
    model: () => ({
      firstTokenMs: null,
      flowsUntilMs: 0,
      end: { afterMs: 1, failure: null, usage: null },
    }),
  });
  const times = new BatchTimes({ conditions, learnt, playsLog: true });
  const lane = new VirtualLane({ world, configuration, targets, times, most });
  const became: Became[] = [];
  for (const { name, target, atMs } of asked) {
    world.run(atMs);
    const plan = planOf(target);
    const ended = (end: LineEnd) => became.push(endOf(name, end, world.now()));
    lane.take({
      ...{ job: jobOf(name, plan, () => undefined), plan, deadlineMs: atMs + withinMs, ended },
      calledBackAtMs,
      liveJob: (rest, told) => jobOf(name, rest, told),
    });
  }
  world.run();
  return { became, made: lane.made };
}

function planOf(target: string): Plan {
  const [first, then] = [
    { target, missing: null, on: [] },
    { target: "qwen", missing: null, on: ["overloaded" as const] },
  ];
  return { ...noPlan, steps: [first, then], timeoutMs: minute, deadlineMs: minute, maxAttempts: 4 };
}

function jobOf(name: string, plan: Plan, ended: (result: never) => void): ReplayedJob {
  // A provider's answer to one line is what a log tells of it.
  const tookMs = 225 * second;
  const attempts = name.includes("odd")
    ? [
        {
          ...{ target: "claude", outcome: "overloaded" as const, status: 529, startMs: 0 },
          ...{ endMs: tookMs, firstTokenMs: null, outputTokens: null, inputTokens: null },
          ...{ code: null, retryAfterMs: null, isBatched: true as const },
        },
      ]
    : [];
  const request: LoggedRequest = {
    ...{ line: 1, file: null, format: "records", id: name, atMs: 0, offsetMs: null, facts: {} },
    ...{ chat: null, seed: 1, usage: null, latency: null },
    outcome: () => ({ ...untoldOutcome, isBatch: attempts.length > 0, attempts }),
  };
  return new ReplayedJob({
    ...{ request, copy: 0, seed: name, plan, caller: "batch", promptTokens: 10, outputTokens: 10 },
    ...{ tierAt: () => null, ended: ended as (result: unknown) => void },
  });
}

const causeOf = ({ cause }: Failure): string => cause;

function endOf(name: string, { ending, attempts }: LineEnd, endedMs: number): Became {
  const told = attempts.map(({ target, outcome }) => {
    const at = target === "qwen" ? "home" : target;
    return `${at} ${outcome.kind === "failed" ? causeOf(outcome.failure) : outcome.kind}`;
  });
  return { name, ok: ending !== "failed", endedMs, attempts: told };
}

test("the lane on the virtual clock does to the same requests what the gateway's does, at the same times", async () => {
  const [truth, virtual] = [await live(), simulated()];
  const byName = (list: readonly Became[]) =>
    list.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ endedMs: _, ...rest }) => rest);
  expect(byName(virtual.became)).toEqual(byName(truth.became));
  expect(virtual.made).toBe(truth.made.length);
  const endOfName = new Map(truth.became.map(({ name, endedMs }) => [name, endedMs]));
  // A call that fails takes 20 ms here, and no time on a clock that is moved by hand: three of them do.
  for (const { name, endedMs } of virtual.became)
    expect(Math.abs((endOfName.get(name) ?? 0) - endedMs), name).toBeLessThanOrEqual(61);
});

test("beyond what can wait at once a request is answered as it comes", () => {
  const { became, made } = simulated(2);
  const atOnce = became.filter(
    ({ name, endedMs }) => endedMs === asked.find((each) => each.name === name)?.atMs,
  );
  expect(atOnce.map(({ name }) => name)).toEqual(["claude 2", "gpt 2", "gpt 3", "claude 3"]);
  expect(became).toHaveLength(asked.length);
  expect(made).toBe(2);
});

test("beyond that a request that its client calls back is answered by nobody either", () => {
  const { became } = simulated(2, hour / 2);
  const beyond = became.filter(({ name }) => name !== "gpt 1" && name !== "claude odd");
  expect(beyond.map(({ attempts }) => attempts)).toEqual(Array(4).fill([]));
});
