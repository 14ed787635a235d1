import { expect, test } from "vitest";
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
    name: "the same target is asked again after a wait, as often as the plan says",
    plan: planOver(["a", "b"], { retries: 1 }),
    draw: 0.5,
    events: [start, failed(0, 10, broken), wake(35), failed(1, 40, broken), completed(2, 50)],
    actions: [
      "send 0 a",
      "alarm 10000",
      "alarm 35",
      "send 1 a",
      "alarm 10035",
      "send 2 b",
      "commit 2",
      "finish ok",
    ],
  },
  {
    name: "a failure that must not be retried at its target goes on at once",
    plan: planOver(["a", "b"], { retries: 3 }),
    events: [start, failed(0, 10, failure("overloaded")), completed(1, 20)],
    actions: ["send 0 a", "alarm 10000", "send 1 b", "commit 1", "finish ok"],
  },
  {
    name: "Retry-After is waited for, with jitter on top",
    plan: planOver(["a"], { retries: 1 }),
    draw: 0.5,
    events: [
      start,
      failed(0, 10, failure("rate_limited", { retrySame: true, retryAfterMs: 3_000 })),
      wake(3_000),
      wake(3_035),
    ],
    actions: ["send 0 a", "alarm 10000", "alarm 3035", "alarm 3035", "send 1 a", "alarm 13035"],
  },
  {
    name: "a Retry-After past the deadline goes on to the next step now",
    plan: planOver(["a", "b"], { retries: 1, deadlineMs: 4_000 }),
    events: [
      start,
      failed(0, 2_000, failure("rate_limited", { retrySame: true, retryAfterMs: 3_000 })),
    ],
    actions: ["send 0 a", "alarm 4000", "send 1 b"],
  },
  {
    name: "a Retry-After of more than two seconds gives way to a target that takes the request now",
    plan: planOver(["a", "b"], { retries: 1 }),
    events: [
      start,
      failed(0, 10, failure("rate_limited", { retrySame: true, retryAfterMs: 2_001 })),
    ],
    actions: ["send 0 a", "alarm 10000", "send 1 b"],
  },
  {
    name: "it is waited for when no later step takes the request",
    plan: planOver(["a", "a", null], { retries: 1 }),
    events: [
      start,
      failed(0, 10, failure("rate_limited", { retrySame: true, retryAfterMs: 2_001 })),
      wake(2_011),
    ],
    actions: ["send 0 a", "alarm 10000", "alarm 2011", "send 1 a", "alarm 12011"],
  },
  {
    name: "neither an earlier step nor a target that failed counts as one that takes the request",
    plan: {
      ...planOver(["a", "b", "c", "a"], { retries: 1 }),
      steps: [
        { target: "a", missing: null, on: [] },
        { target: "b", missing: null, on: ["rate_limited"] },
        { target: "c", missing: null, on: ["overloaded"] },
        { target: "a", missing: null, on: ["rate_limited"] },
      ],
    },
    events: [
      start,
      failed(0, 10, failure("overloaded")),
      failed(1, 20, failure("rate_limited", { retrySame: true, retryAfterMs: 3_000 })),
      wake(3_020),
    ],
    actions: ["send 0 a", "alarm 10000", "send 1 c", "alarm 3020", "send 2 c", "alarm 13020"],
  },
  {
    name: "a target that let its time run out is asked again only when there is no other",
    plan: planOver(["a", "b"], { retries: 1 }),
    streamed: true,
    events: [start, wake(2_000), wake(4_000), wake(4_100), firstToken(2, 4_200)],
    actions: [
      "send 0 a",
      "alarm 2000",
      "abort 0",
      "send 1 b",
      "alarm 4000",
      "abort 1",
      "alarm 4000",
      "send 2 b",
      "alarm 6100",
      "commit 2",
    ],
  },
  {
    name: "a Retry-After of more than a minute is not waited for",
    plan: planOver(["a", "b"], { retries: 1, deadlineMs: 600_000 }),
    events: [
      start,
      failed(0, 10, failure("rate_limited", { retrySame: true, retryAfterMs: 61_000 })),
    ],
    actions: ["send 0 a", "alarm 10000", "send 1 b"],
  },
  {
    name: "a client that leaves during a wait ends it",
    plan: planOver(["a", "b"], { retries: 1 }),
    draw: 0.5,
    events: [start, failed(0, 10, broken), gone(20), wake(35)],
    actions: ["send 0 a", "alarm 10000", "alarm 35", "finish client-gone"],
  },
])("$name", ({ plan, events, actions, streamed = false, draw = 0 }) => {
  expect(run(plan, events, { streamed, draw }).actions).toEqual(actions);
});
