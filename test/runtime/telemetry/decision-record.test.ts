import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf } from "../../../src/catalog/cost.ts";
import type { Target } from "../../../src/catalog/target.ts";
import { causes } from "../../../src/protocol/cause.ts";
import type { AttemptOutcome, AttemptRecord } from "../../../src/runtime/dispatch/machine-types.ts";
import {
  attemptCost,
  type DecisionFacts,
  type DecisionRecord,
  decisionLine,
  type RecordedAttempt,
} from "../../../src/runtime/telemetry/decision-record.ts";

const target: Target = {
  name: "a",
  provider: "p",
  model: "m",
  region: null,
  local: false,
  quantization: null,
  prices: [
    {
      effectiveFrom: Number.NEGATIVE_INFINITY,
      batchShare: null,
      bands: [
        {
          abovePromptTokens: 0,
          input: 3_000_000,
          output: 15_000_000,
          cachedRead: 300_000,
          cachedWrite: 3_750_000,
        },
      ],
    },
  ],
  contextTokens: null,
  maxOutputTokens: null,
  abilities: new Set(),
  quality: {},
  rejectsSampling: false,
  rejectsForcedTools: false,
  rejectsEffort: false,
};

const text = fc.string({ unit: "binary", maxLength: 30 });
const outcome: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  fc.constant<AttemptOutcome>({ kind: "ok" }),
  fc.constant<AttemptOutcome>({ kind: "aborted", why: "client-gone" }),
  fc.record({
    kind: fc.constant("failed" as const),
    failure: fc.record(
      {
        cause: fc.constantFrom(...causes),
        retrySame: fc.boolean(),
        message: text,
        status: fc.integer({ min: 400, max: 599 }),
        code: text,
      },
      { requiredKeys: ["cause", "retrySame", "message"] },
    ),
  }),
);
const usage = fc.record({
  inputTokens: fc.nat(1_000_000),
  cachedReadTokens: fc.constant(0),
  cachedWriteTokens: fc.constant(0),
  outputTokens: fc.nat(100_000),
  reasoningTokens: fc.constant(0),
  estimated: fc.boolean(),
});
const attempt: fc.Arbitrary<AttemptRecord> = fc.record({
  attempt: fc.nat(5),
  hedge: fc.boolean(),
  target: fc.constantFrom("a", 'odd "name"\n'),
  step: fc.nat(5),
  startedAtMs: fc.double({ min: 1_000, max: 2_000, noNaN: true }),
  firstTokenAtMs: fc.option(fc.double({ min: 2_000, max: 3_000, noNaN: true })),
  endedAtMs: fc.double({ min: 3_000, max: 9_000, noNaN: true }),
  outcome,
  usage: fc.option(usage),
});
const facts: fc.Arbitrary<DecisionFacts> = fc.record({
  arrivedAtEpochMs: fc.integer({ min: 0, max: 4e12 }),
  arrivedAtMs: fc.constant(1_000),
  endedAtMs: fc.double({ min: 1_000, max: 9_000, noNaN: true }),
  id: text,
  policy: text,
  hash: fc.constant("0123456789abcdef"),
  factsJson: fc.constant('{"tokens":[3,9],"intent":null}'),
  trustJson: fc.constant('{"desk":"client"}'),
  askedJson: fc.constantFrom("", '{"intent":"rules"}'),
  rule: text,
  steps: fc.array(
    fc.record({ target: fc.option(text), missing: fc.constant(null), on: fc.constant([]) }),
  ),
  attempts: fc.array(attempt, { maxLength: 4 }),
  targets: fc.constant(new Map([["a", target]])),
  seed: fc.nat(),
  stream: fc.boolean(),
  outcome: fc.constantFrom("ok", "failed", "client-gone", "rejected", "error"),
  status: fc.constantFrom(200, 403, 499, 502),
  tags: fc.array(text, { maxLength: 3 }),
});

test("a record is one line of JSON that gives everything back, whatever texts it holds", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const line = decisionLine(given);
      expect(line.indexOf("\n")).toBe(line.length - 1);
      const record = JSON.parse(line) as DecisionRecord;
      expect(record).toMatchObject({
        v: 1,
        time: new Date(given.arrivedAtEpochMs).toISOString(),
        id: given.id,
        policy: given.policy,
        rule: given.rule,
        facts: { tokens: [3, 9], intent: null },
        trust: { desk: "client" },
        ...(given.askedJson === "" ? {} : { asked: { intent: "rules" } }),
        plan: given.steps.map((step) => step.target),
        seed: given.seed,
        stream: given.stream,
        outcome: given.outcome,
        status: given.status,
      });
      expect(record.tags ?? []).toEqual(given.tags);
      expect(record.attempts.map((each) => each.target)).toEqual(
        given.attempts.map((each) => each.target),
      );
    }),
  );
});

test("the cost of an attempt is exact, and null where its usage or its price is not known", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const record = JSON.parse(decisionLine(given)) as DecisionRecord;
      for (const [at, each] of record.attempts.entries()) {
        const { usage: used, target: name } = given.attempts[at]!;
        const priced = used !== null && name === "a";
        expect(each.costPicodollars).toBe(
          priced ? costOf(target, used, given.arrivedAtEpochMs) : null,
        );
      }
    }),
  );
});

test("a record tells the tier, the place and both costs where a provider says its own", () => {
  const [given] = fc.sample(facts, { numRuns: 1, seed: 1 });
  const attempt: AttemptRecord = {
    ...{ attempt: 0, hedge: false },
    ...{ target: "a", step: 0, startedAtMs: 0, firstTokenAtMs: null, endedAtMs: 5 },
    outcome: { kind: "ok" },
    usage: {
      ...{ inputTokens: 9, cachedReadTokens: 1, cachedWriteTokens: 4, outputTokens: 3 },
      ...{ reasoningTokens: 0, estimated: false, cachedWriteLongTokens: 2, audioInputTokens: 1 },
      ...{ audioOutputTokens: 2, tier: "flex", region: "us", statedCost: 77, paidCalls: 3 },
    },
  };
  const recorded = (costs?: readonly (number | null)[]): RecordedAttempt | undefined => {
    const told = { ...given!, attempts: [attempt], ...(costs === undefined ? {} : { costs }) };
    return (JSON.parse(decisionLine(told)) as DecisionRecord).attempts[0];
  };
  expect(recorded([5])).toMatchObject({
    usage: {
      ...{ input: 9, cachedRead: 1, cachedWrite: 4, output: 3, reasoning: 0, estimated: false },
      ...{ cachedWriteLong: 2, audioInput: 1, audioOutput: 2, tier: "flex", region: "us" },
      ...{ paidCalls: 3, statedPicodollars: 77 },
    },
    costPicodollars: 5,
  });
  // The test's target lists no price for the tier: what the provider says is what is known.
  expect(recorded()?.costPicodollars).toBe(77);
  expect(recorded([null])?.costPicodollars).toBeNull();
});

test("a server of one's own costs its time, though nothing was counted", () => {
  const runningCost = { watts: 0, kwh: 0, hour: 3_600_000_000, slots: 2 };
  const targets = new Map([["home", { ...target, runningCost, prices: [] }]]);
  const attempt: AttemptRecord = {
    ...{ attempt: 0, hedge: false },
    ...{ target: "home", step: 0, startedAtMs: 1000, firstTokenAtMs: null, endedAtMs: 3000 },
    outcome: { kind: "aborted", why: "client-gone" },
    usage: null,
  };
  expect(attemptCost(attempt, targets, 0)).toBe(1_000_000);
});
