import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf, estimateCost } from "../../../src/catalog/cost.ts";
import type { PriceBand, PriceTable, Target } from "../../../src/catalog/target.ts";
import {
  dearestAttempt,
  dearestChain,
  fullAttempt,
  longestTimeMs,
  mostAttempts,
  type PlanLimits,
} from "../../../src/language/analysis/worst-case.ts";
import {
  attemptsBetween,
  differentTargets,
  type StepChoice,
  timeBetween,
} from "../../../src/language/analysis/worst-case-plan.ts";
import type { Failure } from "../../../src/protocol/failure.ts";
import type { BilledTier } from "../../../src/protocol/usage.ts";
import { dispatch } from "../../../src/runtime/dispatch/dispatch.ts";
import type { DispatchResult } from "../../../src/runtime/dispatch/machine-types.ts";
import type { Job } from "../../../src/runtime/dispatch/world.ts";
import { VirtualWorld } from "../../../src/simulator/virtual-world.ts";
import { flatPrice } from "../../support/analysing.ts";
import { aTarget } from "../../support/checking.ts";
import { anyFailure } from "../../support/dispatch-arbitraries.ts";
import { planOver } from "../../support/plans.ts";

const second = 1_000;
const limits = (changes: Partial<PlanLimits> = {}): PlanLimits => ({
  timeoutMs: 10 * second,
  deadlineMs: 600 * second,
  retries: 0,
  maxAttempts: 6,
  ...changes,
});

test.each([
  [1, limits(), 1, 10 * second],
  [2, limits(), 2, 20 * second],
  [2, limits({ deadlineMs: 15 * second }), 2, 15 * second],
  [3, limits({ maxAttempts: 2 }), 2, 20 * second],
  // A wait before a retry is as long as the longest hint, and the jitter upon it.
  [1, limits({ retries: 1 }), 2, 20 * second + 60_050],
  [2, limits({ retries: 2, maxAttempts: 4 }), 4, 40 * second + 60_050 + 60_100],
  [2, limits({ retries: 2, maxAttempts: 5 }), 5, 50 * second + 60_050 + 60_100 + 60_050],
  [0, limits(), 0, 0],
])("over %i targets under %j: %i attempts, %i ms", (targets, within, attempts, ms) => {
  expect(mostAttempts(targets, within)).toBe(attempts);
  expect(longestTimeMs(targets, within)).toBe(ms);
});

const [a, b, c] = ["a", "b", "c"].map((name) => aTarget(name)) as [Target, Target, Target];
const fixed = (target: Target): StepChoice => ({ kind: "fixed", targets: [target] });
const choices: readonly (readonly [string, readonly StepChoice[], number, number])[] = [
  ["one target", [fixed(a)], 1, 1],
  ["one target twice", [fixed(a), fixed(a)], 1, 1],
  ["a selection, which may be empty", [fixed(a), { kind: "select", targets: [b, c] }], 1, 2],
  ["a selection of what is there", [fixed(a), { kind: "select", targets: [a] }], 1, 1],
  ["a split of others", [fixed(a), { kind: "share", targets: [b, c] }], 2, 2],
  ["a split that may repeat", [fixed(a), { kind: "share", targets: [a, b] }], 1, 2],
  ["what the client names", [fixed(a), { kind: "requested", targets: [] }], 1, 2],
  [
    "a split of what the client may have named",
    [
      { kind: "requested", targets: [] },
      { kind: "share", targets: [b] },
    ],
    0,
    2,
  ],
];

test.each(choices)("%s: from %i to %i different targets", (_name, steps, least, most) => {
  expect(differentTargets(steps)).toEqual({ least, most });
  expect(attemptsBetween(steps, limits())).toEqual({ least, most });
  expect(timeBetween(steps, limits()).most).toBe(most * 10 * second);
});

interface Ordeal {
  readonly targets: readonly string[];
  readonly within: PlanLimits;
  readonly afterMs: readonly number[];
  readonly failures: readonly Failure[];
  readonly draw: number;
}

const ordeal: fc.Arbitrary<Ordeal> = fc.record({
  targets: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 }),
  within: fc.record({
    timeoutMs: fc.integer({ min: 1, max: 30_000 }),
    deadlineMs: fc.integer({ min: 1, max: 600_000 }),
    retries: fc.nat({ max: 4 }),
    maxAttempts: fc.integer({ min: 1, max: 8 }),
  }),
  afterMs: fc.array(fc.oneof(fc.nat({ max: 30_000 }), fc.constant(-1)), { minLength: 1 }),
  failures: fc.array(anyFailure, { minLength: 1 }),
  draw: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
});

test("no dispatch makes more attempts, or takes longer, than the worst case of its plan", () => {
  let waited = 0;
  fc.assert(
    fc.property(ordeal, ({ targets, within, afterMs, failures, draw }) => {
      let nth = 0;
      const world = new VirtualWorld<Job>({
        random: () => draw,
        model: () => {
          const at = nth++;
          const wanted = afterMs[at % afterMs.length] ?? 0;
          const failure = failures[at % failures.length] ?? null;
          // Below zero: just before the attempt's time is out.
          const ends = wanted < 0 ? within.timeoutMs - 1 : wanted;
          return {
            firstTokenMs: null,
            flowsUntilMs: 0,
            end: { afterMs: ends, failure, usage: null },
          };
        },
      });
      const results: DispatchResult[] = [];
      const plan = planOver(targets, within);
      dispatch({ plan, streamed: false, finished: (result) => results.push(result) }, world);
      world.run();
      const made = results[0]?.attempts ?? [];
      const tookMs = made.at(-1)?.endedAtMs ?? 0;
      expect(made.length).toBeLessThanOrEqual(mostAttempts(targets.length, within));
      expect(tookMs).toBeLessThanOrEqual(longestTimeMs(targets.length, within));
      if (tookMs > made.length * within.timeoutMs) waited += 1;
    }),
    { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 50_000 : 1_000 },
  );
  expect(waited).toBeGreaterThan(0);
});

const price = fc.nat({ max: 50 });
const bands: fc.Arbitrary<PriceBand[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 2 }),
    fc.array(fc.tuple(price, price, price, price), { minLength: 3, maxLength: 3 }),
  )
  .map(([cuts, rows]) =>
    [0, ...cuts.toSorted((one, other) => one - other)].map((abovePromptTokens, index) => {
      const [input = 0, output = 0, cachedRead = 0, cachedWrite = 0] = rows[index] ?? [];
      return { abovePromptTokens, input, output, cachedRead, cachedWrite };
    }),
  );
const day = { weekdays: [0, 1, 2, 3, 4, 5, 6], minutes: [{ from: 0, to: 720 }] };
const tables: fc.Arbitrary<PriceTable[]> = fc
  .tuple(bands, bands, fc.option(bands, { nil: undefined }), fc.boolean())
  .map(([first, second, peak, changes]) => {
    const from = Number.NEGATIVE_INFINITY;
    const one: PriceTable = {
      effectiveFrom: from,
      bands: first,
      batchShare: null,
      ...(peak === undefined ? {} : { peak: { ...day, bands: peak } }),
    };
    return changes ? [one, { effectiveFrom: 500, bands: second, batchShare: null }] : [one];
  });

const share = fc.constantFrom(0.5, 1, 1.75);
const spending = fc.record({
  prices: tables,
  flex: fc.option(share, { nil: undefined }),
  priority: fc.option(share, { nil: undefined }),
  tier: fc.constantFrom<BilledTier | "any" | null>("flex", "priority", "any", null),
  served: fc.constantFrom<BilledTier | undefined>("flex", "priority", undefined),
  surcharge: fc.constantFrom(0, 0.1),
  discounts: fc.constantFrom([], [{ above: 1, share: 0.3 }]),
  spent: fc.constantFrom(0n, 2_000_000n),
  runningCost: fc.constantFrom(undefined, { watts: 40, kwh: 3_600_000, hour: 3_600_000, slots: 2 }),
  durationMs: fc.integer({ min: 0, max: 10 }),
  contextTokens: fc.constantFrom(null, 60, 20),
  maxOutputTokens: fc.constantFrom(null, 30),
  ceiling: fc.constantFrom(null, 10),
  bound: fc.nat({ max: 60 }),
  prompt: fc.nat({ max: 60 }),
  read: fc.nat({ max: 60 }),
  output: fc.nat({ max: 60 }),
  atMs: fc.constantFrom(0, 400, 600, 50_000_000),
});

test("no attempt within its bounds costs more than the dearest, at any hour, however much of it is cached", () => {
  fc.assert(
    fc.property(spending, ({ bound, ceiling, atMs, tier, served, flex, priority, ...drawn }) => {
      const { runningCost, contextTokens, maxOutputTokens, surcharge, discounts } = drawn;
      const tiers = {
        ...(flex === undefined ? {} : { flex }),
        ...(priority === undefined ? {} : { priority }),
      };
      const target = aTarget("a", {
        ...{ contextTokens, maxOutputTokens, surcharge, discounts },
        ...(runningCost === undefined ? {} : { runningCost }),
        prices: drawn.prices.map((table) => ({ ...table, tiers })),
      });
      const bounds = { promptTokens: bound, outputCeiling: ceiling, choices: 1 };
      const dearest = dearestAttempt(target, { ...bounds, tier, timeoutMs: 10 });
      if (dearest.kind !== "known") {
        if (dearest.kind === "unbounded") expect(contextTokens).toBeNull();
        else expect([tier, priority]).toEqual(["priority", undefined]);
        return;
      }
      const serves = tier === "any" || served === tier ? served : undefined;
      const room = drawn.contextTokens ?? Number.POSITIVE_INFINITY;
      const prompt = Math.min(drawn.prompt, bound, room);
      const most = Math.min(drawn.output, ceiling ?? 99, drawn.maxOutputTokens ?? 99, room);
      const read = Math.min(drawn.read, prompt);
      const usage = {
        inputTokens: prompt,
        cachedReadTokens: read,
        cachedWriteTokens: prompt - read,
        outputTokens: most,
        reasoningTokens: 0,
        estimated: false,
        ...(serves === undefined ? {} : { tier: serves }),
      };
      const cost = costOf(target, usage, atMs, drawn);
      if (cost === null) expect(Object.keys(tiers)).not.toContain(serves);
      expect(cost ?? 0).toBeLessThanOrEqual(dearest.value);
      const size = { promptTokens: prompt, outputTokens: ceiling };
      const estimated = estimateCost(target, size, atMs, { tier: tier === "any" ? null : tier });
      const asked = ceiling ?? drawn.maxOutputTokens ?? 0;
      if (asked <= Math.min(room, drawn.maxOutputTokens ?? asked)) {
        expect(estimated ?? 0).toBeLessThanOrEqual(dearest.value);
      }
      const full = fullAttempt(target, prompt, {
        outputCeiling: ceiling,
        tier: tier === "flex" ? "flex" : null,
      });
      if (full.kind === "known") expect(full.value).toBeLessThanOrEqual(dearest.value);
    }),
    { numRuns: 2_000 },
  );
});

test("a chain costs all its attempts, the dearest targets first, as far as attempts are allowed", () => {
  const known = (value: number) => ({ kind: "known", value }) as const;
  const two = limits({ retries: 1 });
  expect(dearestChain([known(3), known(5)], two)).toEqual(known(16));
  expect(dearestChain([known(3), known(5)], { ...two, maxAttempts: 3 })).toEqual(known(13));
  expect(dearestChain([], two)).toEqual(known(0));
  const noPrice = { kind: "no-price", target: "x" } as const;
  expect(dearestChain([known(3), noPrice], two)).toEqual(noPrice);
});

const bounded = (promptTokens: number | null, outputCeiling: number | null, choices = 1) => ({
  ...{ promptTokens, outputCeiling, choices },
  tier: null,
  timeoutMs: 1000,
});

test("what nothing bounds, or nobody priced, has no dearest attempt", () => {
  const open = aTarget("a", { contextTokens: null, prices: flatPrice(1, 1) });
  expect(dearestAttempt(open, bounded(null, null))).toEqual({ kind: "unbounded", target: "a" });
  expect(dearestAttempt(open, bounded(10, 5))).toEqual({ kind: "known", value: 15 });
  // Several answers are written to one prompt.
  expect(dearestAttempt(open, bounded(10, 5, 3))).toEqual({ kind: "known", value: 25 });
  expect(dearestAttempt(aTarget("b"), bounded(10, 5))).toEqual({ kind: "no-price", target: "b" });
  const free = aTarget("c", {
    contextTokens: null,
    maxOutputTokens: null,
    prices: flatPrice(0, 0),
  });
  expect(dearestAttempt(free, bounded(null, null))).toEqual({ kind: "known", value: 0 });
});
