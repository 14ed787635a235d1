import { expect, test } from "vitest";
import { RunningSpend } from "../../src/catalog/month-spend.ts";
import { noLiveTargets } from "../../src/catalog/target-fact.ts";
import { createExtractor } from "../../src/extract/extractor.ts";
import { createFramePool } from "../../src/extract/frame-pool.ts";
import type { Core } from "../../src/gateway/core.ts";
import { drawnAs } from "../../src/gateway/drawn-as.ts";
import { PolicyShadows } from "../../src/gateway/policy-shadows.ts";
import type { DecidedExchange, EndedExchange } from "../../src/gateway/record-request.ts";
import { copySettled, copyShared, sharedOperands } from "../../src/gateway/shared-operands.ts";
import type { ActivePolicy, Snapshot } from "../../src/gateway/snapshot.ts";
import { createFrame, frameState } from "../../src/language/program/frame.ts";
import type { Program } from "../../src/language/program/program.ts";
import { createMetrics } from "../../src/runtime/telemetry/metrics.ts";
import { configuration, programOf } from "../support/simulation.ts";

const operand = (program: Program, key: string): number =>
  program.operands.findIndex((each) => each.key === key);

test("what one policy has read is not read for the other, wherever it stands there; what is open stays open", () => {
  const first = programOf(
    "if tools > 0 and tokens < 9 then claude\nif intent is code then gpt\notherwise local-gpu\n",
  );
  const second = programOf(
    "if intent is code then gpt\nif stream and tokens < 99 then claude\notherwise local-gpu\n",
  );
  const shared = sharedOperands(first, second);
  expect(shared.areAll).toBe(false);
  const source = createFrame(first.operands.length);
  source.state[operand(first, "intent")] = frameState.known;
  source.texts[operand(first, "intent")] = "code";
  source.state[operand(first, "tools")] = frameState.unknown;
  source.state[operand(first, "tokens")] = frameState.bounded;
  const held = createFrame(second.operands.length);
  copyShared(shared, source, held);
  const states = Object.fromEntries(second.operands.map(({ key }, at) => [key, held.state[at]]));
  expect(states).toEqual({
    intent: frameState.known,
    stream: frameState.unasked,
    tokens: frameState.unasked,
  });
  expect(held.texts[operand(second, "intent")]).toBe("code");
  const filled = createFrame(second.operands.length);
  filled.state[operand(second, "stream")] = frameState.known;
  copySettled(held, filled);
  expect(filled.state[operand(second, "intent")]).toBe(frameState.known);
  expect(filled.state[operand(second, "stream")]).toBe(frameState.known);
});

test("an intent that other clues tell is another fact", () => {
  const policy = (clue: string): Program =>
    programOf(
      `intent greeting contains "${clue}"\nif intent is greeting then claude\notherwise local-gpu\n`,
    );
  const shares = (a: Program, b: Program): boolean =>
    (sharedOperands(a, b).from[operand(b, "intent")] ?? -1) >= 0;
  expect(shares(policy("hello"), policy("hello"))).toBe(true);
  expect(shares(policy("hello"), policy("good day"))).toBe(false);
});

test("a split draws as the policy whose place it takes; what draws nothing is the same object", () => {
  const actionOf = (text: string) => {
    const { action } = programOf(text).branch(0);
    if (action.kind !== "plan") throw new Error("it is a plan");
    return action;
  };
  const split = actionOf("otherwise split: 50% claude, 50% gpt\n");
  const drawn = drawnAs(split, "test", "main");
  expect(drawn.steps[0]?.route).toMatchObject({ salt: "main/otherwise" });
  expect(drawnAs(split, "test", "main")).toBe(drawn);
  const plain = actionOf("otherwise claude\n");
  expect(drawnAs(plain, "test", "main")).toBe(plain);
});

/** A policy as far as it takes to decide beside another. */
function active(name: string, text: string, breaks = false): ActivePolicy {
  const program = programOf(text);
  const extractor = createExtractor(program, configuration);
  const fill = (): void => {
    throw new Error("a fault of ours");
  };
  const frames = createFramePool(program.operands.length);
  const parts = { name, hash: `${name}-hash`, program, frames, asksLedger: null };
  return {
    ...parts,
    extractor: breaks ? { ...extractor, fill } : extractor,
  } as unknown as ActivePolicy;
}

function stage(candidate: ActivePolicy) {
  const policy = active("main", "otherwise claude\n");
  const logged: unknown[] = [];
  const snapshot = {
    configuration: {
      ...configuration,
      shadowPolicies: new Map([["main", { policy: candidate.name, share: 1 }]]),
    },
    policies: new Map([policy, candidate].map((each) => [each.name, each])),
    targets: { listed: configuration.targets },
    fixedPlans: new Map(),
  } as unknown as Snapshot;
  const core = {
    ...{ snapshot, metrics: createMetrics(), spend: new RunningSpend() },
    clock: { now: () => 0, monotonic: () => 0 },
    logger: { error: (fields: unknown) => logged.push(fields) },
  } as unknown as Core;
  const shadows = new PolicyShadows(() => core);
  const note = (bytes = 10): void => {
    const body = { model: "main", messages: [] };
    const context = {
      chat: { body },
      headers: {},
      caller: null,
      nowMs: 0,
      requestId: "r",
      requested: null,
      live: noLiveTargets,
    };
    const plan = { refusal: null, steps: [{ target: "claude" }] };
    const decided = {
      policy,
      plan,
      rule: "otherwise",
      seed: 1,
      asked: { context, request: { body, bytes: { length: bytes } } },
    };
    const ended = { frame: createFrame(0), attempts: [], outcome: "ok", status: 200 };
    shadows.note(
      snapshot,
      decided as unknown as DecidedExchange,
      ended as unknown as EndedExchange,
    );
  };
  return { shadows, note, logged };
}

test("no more than 256 requests, nor 64 MiB of them, wait to be decided; the rest is left out, and counted so", async () => {
  const { shadows, note } = stage(active("next", "otherwise local-gpu\n"));
  for (let noted = 0; noted < 300; noted += 1) note();
  await shadows.settled();
  expect(shadows.report()).toMatchObject([{ decided: 256, different: 256, leftOut: 44 }]);
  for (let noted = 0; noted < 3; noted += 1) note(30 * 1024 * 1024);
  await shadows.settled();
  expect(shadows.report()).toMatchObject([{ decided: 258, leftOut: 45 }]);
});

test("a fault in deciding is counted and logged, and the next request is decided", async () => {
  const { shadows, note, logged } = stage(active("next", "otherwise local-gpu\n", true));
  note();
  note();
  await shadows.settled();
  expect(shadows.report()).toMatchObject([{ decided: 0, failed: 2 }]);
  expect(logged).toEqual(
    [1, 2].map(() => expect.objectContaining({ policy: "next", requestId: "r" })),
  );
});

test("what waits at a stop is let go", async () => {
  const { shadows, note } = stage(active("next", "otherwise local-gpu\n"));
  note();
  await shadows.close();
  note();
  await shadows.settled();
  expect(shadows.report()).toMatchObject([{ decided: 0 }]);
});
