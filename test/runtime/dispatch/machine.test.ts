import { expect, test } from "vitest";
import type { Failure } from "../../../src/protocol/failure.ts";
import type { DispatchEvent } from "../../../src/runtime/dispatch/machine-types.ts";
import type { Plan } from "../../../src/runtime/plan/plan.ts";
import {
  completed,
  failed,
  failure,
  firstToken,
  gone,
  run,
  start,
  wake,
} from "../../support/machine-run.ts";
import { planOver } from "../../support/plans.ts";

const limited = failure("rate_limited", { retrySame: true });
const broken = failure("network", { retrySame: true });

test.each<{
  name: string;
  plan: Plan;
  streamed?: boolean;
  draw?: number;
  events: DispatchEvent[];
  actions: string[];
}>([
  {
    name: "an answer that is whole commits and ends",
    plan: planOver(["a"]),
    events: [start, completed(0, 50)],
    actions: ["send 0 a", "alarm 10000", "commit 0", "finish ok"],
  },
  {
    name: "a stream commits at its first token, once",
    plan: planOver(["a"]),
    streamed: true,
    events: [start, firstToken(0, 40), firstToken(0, 41), completed(0, 90)],
    actions: ["send 0 a", "alarm 2000", "commit 0", "finish ok"],
  },
  {
    name: "a stream without a meaningful piece commits when it is whole",
    plan: planOver(["a"]),
    streamed: true,
    events: [start, completed(0, 90)],
    actions: ["send 0 a", "alarm 2000", "commit 0", "finish ok"],
  },
  {
    name: "a failure goes on to the next step",
    plan: planOver(["a", "b"]),
    events: [start, failed(0, 10, broken), completed(1, 30)],
    actions: ["send 0 a", "alarm 10000", "send 1 b", "commit 1", "finish ok"],
  },
  {
    name: "a cause that no later step accepts ends the dispatch",
    plan: planOver(["a", "b"]),
    events: [start, failed(0, 10, failure("bad_request"))],
    actions: ["send 0 a", "alarm 10000", "finish failed"],
  },
  {
    name: "each cause leads to the later step that accepts it",
    plan: {
      ...planOver(["a", "b", "c"]),
      steps: [
        { target: "a", missing: null, on: [] },
        { target: "b", missing: null, on: ["rate_limited"] },
        { target: "c", missing: null, on: ["auth", "network"] },
      ],
    },
    events: [start, failed(0, 1, failure("auth")), failed(1, 2, failure("rate_limited"))],
    actions: ["send 0 a", "alarm 10000", "send 1 c", "finish failed"],
  },
  {
    name: "a target that failed is not asked again by a later step",
    plan: planOver(["a", "b", "a", "c"]),
    events: [start, failed(0, 1, broken), failed(1, 2, broken), completed(2, 3)],
    actions: ["send 0 a", "alarm 10000", "send 1 b", "send 2 c", "commit 2", "finish ok"],
  },
  {
    name: "a step without a target is passed over where the next one accepts `unavailable`",
    plan: planOver([null, "b"]),
    events: [start, completed(0, 5)],
    actions: ["send 0 b", "alarm 10000", "commit 0", "finish ok"],
  },
  {
    name: "a step without a target stops the chain where the next one does not accept `unavailable`",
    plan: {
      ...planOver([null, "b"]),
      steps: [
        { target: null, missing: "candidate", on: [] },
        { target: "b", missing: null, on: ["rate_limited"] },
      ],
    },
    events: [start],
    actions: ["finish failed"],
  },
  {
    name: "no first token in time aborts and goes on",
    plan: planOver(["a", "b"]),
    streamed: true,
    events: [start, wake(2_000, 1_999), firstToken(1, 2_100)],
    actions: ["send 0 a", "alarm 2000", "abort 0", "send 1 b", "alarm 4000", "commit 1"],
  },
  {
    name: "first-token and idle limits are for streams",
    plan: planOver(["a"]),
    events: [start, wake(9_999), wake(10_000)],
    actions: ["send 0 a", "alarm 10000", "alarm 10000", "abort 0", "finish failed"],
  },
  {
    name: "bytes put the idle limit off without an event of their own",
    plan: planOver(["a"]),
    streamed: true,
    events: [start, firstToken(0, 100), wake(2_000, 1_900), wake(6_900, 3_000), wake(8_000, 3_000)],
    actions: [
      "send 0 a",
      "alarm 2000",
      "commit 0",
      "alarm 6900",
      "alarm 8000",
      "abort 0",
      "finish failed",
    ],
  },
  {
    name: "nothing follows a failure after the commit",
    plan: planOver(["a", "b"], { retries: 2 }),
    streamed: true,
    events: [start, firstToken(0, 10), failed(0, 20, failure("cut_stream", { retrySame: true }))],
    actions: ["send 0 a", "alarm 2000", "commit 0", "finish failed"],
  },
  {
    name: "the deadline stops an attempt, and nothing follows",
    plan: planOver(["a", "b"], { deadlineMs: 500 }),
    events: [start, wake(500)],
    actions: ["send 0 a", "alarm 500", "abort 0", "finish failed"],
  },
  {
    name: "a client that leaves stops what is running",
    plan: planOver(["a", "b"]),
    events: [start, gone(5), failed(0, 6, broken), wake(10)],
    actions: ["send 0 a", "alarm 10000", "abort 0", "finish client-gone"],
  },
  {
    name: "what a stopped attempt still says is not heard",
    plan: planOver(["a", "b"]),
    events: [start, wake(10_000), completed(0, 10_001), completed(1, 10_002)],
    actions: [
      "send 0 a",
      "alarm 10000",
      "abort 0",
      "send 1 b",
      "alarm 20000",
      "commit 1",
      "finish ok",
    ],
  },
  {
    name: "an attempt that the ceiling on cost does not pay for is left out",
    plan: planOver(["a", "b", "c"], {
      costLimit: { most: 10, attempts: { a: 4, b: 7, c: 6 } },
    }),
    events: [start, failed(0, 1, broken), failed(1, 2, broken)],
    actions: ["send 0 a", "alarm 10000", "send 1 c", "finish failed"],
  },
  {
    name: "a retry is an attempt that has to be paid for",
    plan: planOver(["a"], { retries: 2, costLimit: { most: 10, attempts: { a: 4 } } }),
    events: [start, failed(0, 1, broken), wake(1_000), failed(1, 1_001, broken)],
    actions: ["send 0 a", "alarm 10000", "alarm 1", "send 1 a", "alarm 11000", "finish failed"],
  },
  {
    name: "no more attempts are made than the plan allows",
    plan: planOver(["a", "b", "c"], { maxAttempts: 2 }),
    events: [start, failed(0, 1, broken), failed(1, 2, broken)],
    actions: ["send 0 a", "alarm 10000", "send 1 b", "finish failed"],
  },
])("$name", ({ plan, events, actions, streamed = false, draw = 0 }) => {
  expect(run(plan, events, { streamed, draw }).actions).toEqual(actions);
});

test.each<{ name: string; plan: Plan; events: DispatchEvent[]; told: Partial<Failure> }>([
  {
    name: "the last failure",
    plan: planOver(["a", "b"]),
    events: [start, failed(0, 1, failure("overloaded")), failed(1, 2, broken)],
    told: { cause: "network" },
  },
  {
    name: "the shortest Retry-After when all were rate limits",
    plan: planOver(["a", "b"]),
    events: [
      start,
      failed(0, 1, failure("rate_limited", { retryAfterMs: 4_000 })),
      failed(1, 2, failure("rate_limited", { retryAfterMs: 9_000 })),
    ],
    told: { cause: "rate_limited", retryAfterMs: 4_000 },
  },
  {
    name: "the Retry-After of one rate limit is not told of another kind of failure",
    plan: planOver(["a", "b"]),
    events: [
      start,
      failed(0, 1, failure("rate_limited", { retryAfterMs: 4_000 })),
      failed(1, 2, broken),
    ],
    told: { cause: "network" },
  },
  {
    name: "unavailable when the last step has no candidate",
    plan: planOver(["a", null]),
    events: [start, failed(0, 1, limited)],
    told: { cause: "unavailable", code: "no_candidate" },
  },
  {
    name: "model_not_found when only `requested` is left and is not known",
    plan: { ...planOver([null]), steps: [{ target: null, missing: "requested", on: [] }] },
    events: [start],
    told: { cause: "unavailable", code: "model_not_found" },
  },
  {
    name: "the ceiling on cost where even the first attempt may exceed it, or its cost is not known",
    plan: planOver(["a"], { costLimit: { most: 10, attempts: { a: null } } }),
    events: [start],
    told: { cause: "budget_exceeded", code: "cost_ceiling" },
  },
  {
    name: "the deadline when it cut a later attempt short",
    plan: planOver(["a", "b"], { deadlineMs: 100 }),
    events: [start, failed(0, 1, broken), wake(100)],
    told: { cause: "timeout", code: "deadline_exceeded" },
  },
])("the client is told of $name", ({ plan, events, told }) => {
  const { result } = run(plan, events);
  expect(result?.failure).toMatchObject(told);
  if (told.retryAfterMs === undefined) expect(result?.failure).not.toHaveProperty("retryAfterMs");
});

test("the record of an attempt has its step, times, outcome and usage", () => {
  const usage = {
    inputTokens: 3,
    cachedReadTokens: 0,
    cachedWriteTokens: 0,
    outputTokens: 5,
    reasoningTokens: 0,
    estimated: false,
  };
  const events: DispatchEvent[] = [
    start,
    failed(0, 10, broken),
    firstToken(1, 60),
    { kind: "completed", attempt: 1, usage, atMs: 90 },
  ];
  expect(run(planOver(["a", "b"]), events, { streamed: true }).result).toEqual({
    outcome: "ok",
    skipped: [],
    failure: null,
    committed: true,
    attempts: [
      {
        ...{ attempt: 0, hedge: false, target: "a", step: 0 },
        startedAtMs: 0,
        firstTokenAtMs: null,
        endedAtMs: 10,
        outcome: { kind: "failed", failure: broken },
        usage: null,
      },
      {
        ...{ attempt: 1, hedge: false, target: "b", step: 1 },
        startedAtMs: 10,
        firstTokenAtMs: 60,
        endedAtMs: 90,
        outcome: { kind: "ok" },
        usage,
      },
    ],
  });
});
