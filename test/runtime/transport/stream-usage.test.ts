import { afterEach, expect, test } from "vitest";
import type { Usage } from "../../../src/protocol/usage.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { planOver } from "../../support/plans.ts";
import {
  pieces,
  type Script,
  type ScriptedUpstream,
  scripts,
  startScriptedUpstream,
  type UpstreamStep,
} from "../../support/scripted-upstream.ts";
import { createSocketBench, providerAt, type SocketBench } from "../../support/socket-bench.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function stage(script: Script): Promise<{ upstream: ScriptedUpstream; bench: SocketBench }> {
  const upstream = await startScriptedUpstream(script);
  const bench = createSocketBench(providerAt(upstream.url));
  open.push(bench, upstream);
  return { upstream, bench };
}

/** Waits, turn of the loop by turn, until something holds. */
async function until(holds: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`never held: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const streamOf = (...bytes: readonly string[]): readonly UpstreamStep[] => [
  { do: "head", status: 200, headers: { "content-type": "text/event-stream" } },
  ...bytes.map((each): UpstreamStep => ({ do: "write", bytes: each })),
];

const estimate = (outputTokens: number): Usage => ({
  inputTokens: 11,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  outputTokens,
  reasoningTokens: 0,
  estimated: true,
});

test("a stream cut after its first piece is charged by an estimate that says so", async () => {
  const { bench } = await stage(() => [
    ...streamOf(pieces.role + pieces.content.repeat(3)),
    { do: "cut" },
  ]);
  const { attempts } = await bench.send(planOver(["a"]), true).result;
  // Three pieces of five bytes: four tokens.
  expect(attempts[0]?.usage).toEqual(estimate(4));
  expect(bench.promptsEstimated()).toBe(1);
});

test("a stream whose client left after the first piece is charged by an estimate", async () => {
  const { bench } = await stage(() => scripts.begun("stall"));
  const sent = bench.send(planOver(["a"]), true);
  await until(() => sent.sink.text().includes("hello"));
  sent.dispatch.clientGone();
  expect((await sent.result).attempts[0]?.usage).toEqual(estimate(2));
});

test("a whole stream without its provider's count is charged by an estimate", async () => {
  const { bench } = await stage(() => scripts.stream());
  const { outcome, attempts } = await bench.send(planOver(["a"]), true).result;
  expect(outcome).toBe("ok");
  expect(attempts[0]?.usage).toEqual(estimate(2));
});

test("what was counted before the end is kept, and raised to the output that was seen", async () => {
  const counted = pieces.content.replace(
    /\}\n\n$/,
    ',"usage":{"prompt_tokens":9,"completion_tokens":1}}\n\n',
  );
  const { bench } = await stage(() => [
    ...streamOf(pieces.role + counted + pieces.content.repeat(3)),
    { do: "cut" },
  ]);
  const { attempts } = await bench.send(planOver(["a"]), true).result;
  expect(attempts[0]?.usage).toEqual({ ...estimate(5), inputTokens: 9, model: "m" });
  expect(bench.promptsEstimated()).toBe(0);
});

test.each([
  ["nothing was said", () => [...streamOf(pieces.role), { do: "cut" } as const], true],
  ["the provider refused", () => scripts.error(500), true],
  ["the provider counted", () => scripts.reply(), false],
] satisfies [string, Script, boolean][])(
  "no prompt is estimated where %s",
  async (_, script, streamed) => {
    const { bench } = await stage(script);
    const { attempts } = await bench.send(planOver(["a"]), streamed).result;
    expect(attempts[0]?.usage?.estimated ?? false).toBe(false);
    expect(bench.promptsEstimated()).toBe(0);
  },
);

test("the alarms of a long stream estimate nothing until one of them ends it", async () => {
  const hand = createHandClock();
  const upstream = await startScriptedUpstream(() => scripts.begun("stall"));
  const bench = createSocketBench(providerAt(upstream.url), {}, hand);
  open.push(bench, upstream);
  const limits = { firstTokenMs: 100, idleMs: 5_000, timeoutMs: 1e9, deadlineMs: 1e9 };
  const sent = bench.send(planOver(["a"], limits), true);
  await until(() => sent.sink.text().includes("hello"));
  hand.pass(1_000);
  expect(bench.promptsEstimated()).toBe(0);
  hand.pass(10_000);
  expect((await sent.result).attempts[0]?.usage).toEqual(estimate(2));
  expect(bench.promptsEstimated()).toBe(1);
});
