import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrivalsOf } from "../../../src/language/analysis/fallbacks-causes.ts";
import type { CheckedStep } from "../../../src/language/checker/checked-policy.ts";
import { type Cause, causes, retryableCauses } from "../../../src/protocol/cause.ts";
import { createMachine } from "../../../src/runtime/dispatch/machine.ts";
import { analysePlans, planDefaults } from "../../support/analysing.ts";
import { planOver } from "../../support/plans.ts";

/** A policy, and each finding as its code and the text it underlines. */
type Case = readonly [string, ...string[]];

const causeCases: readonly Case[] = [
  ["otherwise claude fallback gpt on bad_output", "P0441 gpt on bad_output"],
  ["otherwise claude fallback gpt on timeout or bad_output", "P0440 gpt on timeout or bad_output"],
  [
    "otherwise claude fallback gpt on retryable or bad_output",
    "P0440 gpt on retryable or bad_output",
  ],
  ["otherwise claude fallback gpt on bad_output with accept when response.complete"],
  [
    "if stream then claude fallback gpt on bad_output else gpt also if tools > 0 with accept when response.complete",
  ],
  ["otherwise claude fallback gpt on budget_exceeded", "P0441 gpt on budget_exceeded"],
  ["otherwise claude fallback gpt on budget_exceeded with cost at most $1"],
  ["otherwise claude fallback gpt on budget_exceeded with budget $5 per day by team"],
  ["ensure plan.cost <= $1 otherwise claude fallback gpt on budget_exceeded"],
  // The usual causes hold one that nothing raises here, which is no fault of the policy.
  ["otherwise claude fallback gpt"],
  ["otherwise claude fallback gpt on retryable"],
  ["otherwise claude fallback gpt on auth or content_filtered"],
  // The second takes every timeout of the first, and may time out itself.
  ["otherwise claude fallback gpt on timeout fallback qwen on timeout"],
  ["otherwise claude fallback gpt on auth fallback qwen on timeout"],
  // Behind a fallback that nothing reaches stands one that the first leads to.
  [
    "otherwise claude fallback gpt on bad_output fallback qwen on timeout",
    "P0441 gpt on bad_output",
  ],
];

const planCases: readonly Case[] = [
  ["otherwise claude fallback any of [claude, gpt]"],
  ["otherwise claude fallback any of [claude, claude]", "P0445 any of [claude, claude]"],
  ["otherwise claude fallback split: 50% claude, 50% gpt"],
  [
    "otherwise claude fallback gpt fallback split: 50% claude, 50% gpt",
    "P0445 split: 50% claude, 50% gpt",
  ],
  ["otherwise any of [claude, gpt] fallback claude"],
  [
    "otherwise any of [claude, gpt] where region is mars",
    "P0446 any of [claude, gpt] where region is mars",
  ],
  [
    "otherwise any of [claude, gpt] where healthy and local",
    "P0446 any of [claude, gpt] where healthy and local",
  ],
  ["otherwise any of [claude, gpt] where healthy and region is us"],
];

const timeCases: readonly Case[] = [
  ["otherwise claude fallback gpt with timeout 10s, deadline 15s"],
  ["otherwise claude fallback gpt with timeout 10s, deadline 10s", "P0442 gpt"],
  ["otherwise claude fallback gpt fallback qwen with timeout 10s, deadline 15s", "P0442 qwen"],
  ["otherwise claude fallback gpt on auth fallback qwen with timeout 10s, deadline 15s"],
  ["otherwise claude fallback gpt on auth with timeout 10s, deadline 10s"],
  // Nobody set the limits here, so nobody is told that they are tight.
  ["otherwise claude fallback gpt fallback qwen fallback mistral-eu"],
  ["otherwise claude with retry 5"],
  ["otherwise claude with retry 6", "P0443 claude with retry 6"],
  ["otherwise claude fallback gpt with retry 4"],
  ["otherwise claude fallback gpt with retry 5", "P0443 gpt"],
  ["otherwise claude fallback gpt fallback qwen with retry 2", "P0443 qwen"],
  ["otherwise claude fallback gpt fallback claude fallback qwen with retry 1"],
  ["otherwise claude fallback any of [gpt, qwen] fallback mistral-eu with retry 1"],
];

const fitCases: readonly Case[] = [
  ["if images > 0 then claude else gpt", "P0447 claude"],
  ["if images > 0 then seer else gpt"],
  ["if images > 0 then seer fallback gpt else gpt", "P0447 gpt"],
  ["if images > 0 then any of [gpt, seer] else gpt"],
  ["if images > 0 then any of [gpt, claude] else gpt", "P0447 any of [gpt, claude]"],
  ["if images = 0 then claude else reject"],
  ["if images = 0 then claude else gpt", "P0447 gpt"],
  // Some of its requests have images, and the rule knows: a primary that takes them, a fallback that does not.
  ["if images > 0 or tools > 0 then seer fallback gpt else gpt", "P0447 gpt"],
  ["if stream then seer fallback gpt else gpt"],
  ["if json is schema then gpt else gpt", "P0447 gpt"],
  ["if json is schema then gpt with drop unsupported else gpt"],
  ["if json is object then gpt else gpt"],
  ["if reasoning in [low, high] then gpt else gpt", "P0447 gpt"],
  ["if tokens >= 300k then gpt else gpt", "P0447 gpt"],
  ["if tokens >= 300k then seer else gpt"],
  ["if tokens >= 300k then seer fallback gpt else gpt", "P0447 gpt"],
  ["if tokens >= 100k then local-gpu else gpt", "P0447 local-gpu"],
  ["if tokens >= 20k then local-gpu else gpt"],
  ["if tokens >= 300k then nowhere else gpt"],
  ["otherwise claude fallback gpt on context_exceeded", "P0448 gpt on context_exceeded"],
  ["otherwise claude fallback seer on context_exceeded"],
  [
    "otherwise claude fallback local-gpu on context_exceeded or timeout",
    "P0448 local-gpu on context_exceeded or timeout",
  ],
  ["otherwise claude fallback nowhere on context_exceeded"],
  ["otherwise claude fallback gpt"],
  [
    "never target.region is us when stream if stream then local-gpu else local-gpu fallback gpt",
    "P0449 gpt",
  ],
  ["never target.region is us when stream if stream then local-gpu else gpt fallback local-gpu"],
  ["never target.region is us when stream if stream then local-gpu else gpt fallback claude"],
  ["otherwise local-gpu fallback gpt"],
];

describe.each([
  ["causes", causeCases],
  ["selections", planCases],
  ["limits", timeCases],
  ["what a target takes", fitCases],
])("%s", (_name, cases) => {
  test.each(cases.map(([text, ...found]) => ({ text, found })))("$text", ({ text, found }) => {
    const { diagnostics } = analysePlans(text);
    const marked = diagnostics.map(
      ({ code, span }) => `${code} ${text.slice(span.start, span.end).replace(/^fallback /, "")}`,
    );
    expect(marked).toEqual(found);
  });
});

test("a step beyond the attempts of one request is found, and is not where selections may be empty", () => {
  const few = { ...planDefaults, maxAttempts: 2 };
  const codes = (text: string): readonly string[] =>
    analysePlans(text, few).diagnostics.map(({ code }) => code);
  expect(codes("otherwise claude fallback gpt fallback qwen")).toEqual(["P0444"]);
  expect(codes("otherwise any of [claude, gpt] fallback mistral-eu fallback qwen")).toEqual([]);
  expect(codes("otherwise claude fallback gpt on auth fallback qwen")).toEqual([]);
});

const span = { file: "test.policy", start: 0, end: 0 };
const upstream = causes.filter((cause) => cause !== "bad_output" && cause !== "budget_exceeded");

/** Chains of up to five steps that accept anything; with `repeats`, perhaps of the same targets. */
function chain(repeats: boolean): fc.Arbitrary<readonly CheckedStep[]> {
  const targets = repeats
    ? fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 2, maxLength: 5 })
    : fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 2, maxLength: 5 });
  const on = fc.subarray([...causes], { minLength: 1 });
  return fc.tuple(targets, fc.array(on, { minLength: 5, maxLength: 5 })).map(([names, accepted]) =>
    names.map((target, index) => ({
      route: { kind: "target", target },
      on: index === 0 ? [] : (accepted[index] ?? []),
      span,
    })),
  );
}

/** Every step at which the machine can stand, over all failures that targets can have. */
function stepsReached(steps: readonly CheckedStep[]): ReadonlyMap<number, number> {
  const plan = {
    ...planOver([]),
    steps: steps.map(({ route, on }) => ({
      target: route.kind === "target" ? route.target : null,
      missing: null,
      on,
    })),
    maxAttempts: 20,
  };
  const reached = new Map<number, number>();
  const follow = (failures: readonly Cause[]): void => {
    const machine = createMachine(plan, false, () => 0);
    const idle = () => ({ lastByteAtMs: 0, usage: null });
    machine.handle({ kind: "start", atMs: 0 }, idle);
    for (const [attempt, cause] of failures.entries()) {
      const failure = { cause, retrySame: false, message: "" };
      machine.handle({ kind: "failed", attempt, failure, usage: null, atMs: attempt }, idle);
    }
    const actions = machine.handle({ kind: "client-gone", atMs: 99 }, idle);
    const last = machine.attempts.at(-1);
    // Over already: the last failure led nowhere.
    if (actions.length === 0 || last === undefined) return;
    const before = reached.get(last.step);
    reached.set(last.step, Math.min(before ?? failures.length, failures.length));
    for (const cause of upstream) follow([...failures, cause]);
  };
  follow([]);
  return reached;
}

const policy = { alsos: [], guards: [] };
const numRuns = process.env["SIGNALBOX_LONG"] === "1" ? 1_000 : 60;

test("the machine stands at a step, after so many attempts, exactly where the analysis says that a failure leads there", () => {
  fc.assert(
    fc.property(chain(false), (steps) => {
      const arrivals = arrivalsOf({ kind: "plan", steps, options: {}, span }, policy);
      const reached = stepsReached(steps);
      for (const [index, arrival] of arrivals.entries()) {
        expect(reached.has(index)).toBe(index === 0 || arrival.causes.length > 0);
        expect(arrival.attemptsBefore).toBe(reached.get(index) ?? Number.POSITIVE_INFINITY);
      }
    }),
    { numRuns },
  );
});

test("where a target is named twice, no step that the machine can stand at is called dead", () => {
  fc.assert(
    fc.property(chain(true), (steps) => {
      const arrivals = arrivalsOf({ kind: "plan", steps, options: {}, span }, policy);
      for (const [index, attempts] of stepsReached(steps)) {
        expect(arrivals[index]?.attemptsBefore).toBeLessThanOrEqual(attempts);
      }
    }),
    { numRuns },
  );
});

test("every retryable cause but those that options bring about leads to a plain fallback", () => {
  const on = causes.filter((cause) => retryableCauses.has(cause));
  const steps = ["a", "b"].map(
    (target, index): CheckedStep => ({
      route: { kind: "target", target },
      on: index === 0 ? [] : on,
      span,
    }),
  );
  const arrivals = arrivalsOf(
    { kind: "plan", steps, options: {}, span },
    { alsos: [], guards: [] },
  );
  expect(arrivals[1]?.causes).toEqual(on.filter((cause) => cause !== "budget_exceeded"));
});
