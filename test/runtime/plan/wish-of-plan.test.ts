import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  amountsOf,
  type CountedRequest,
  countsSomething,
  expectedUse,
  wishOfPlan,
} from "../../../src/runtime/plan/wish-of-plan.ts";
import { flatPrice } from "../../support/analysing.ts";
import { aTarget } from "../../support/checking.ts";
import { planOver } from "../../support/plans.ts";

const targets = new Map([
  ["a", aTarget("a", { prices: flatPrice(1, 2), maxOutputTokens: 400 })],
  ["b", aTarget("b", { prices: flatPrice(3, 4), maxOutputTokens: null })],
  ["unpriced", aTarget("unpriced", { prices: [], maxOutputTokens: null })],
]);

const request: CountedRequest = {
  ...{ targets, promptTokens: 100, maxTokens: null, choices: 1, tier: null, atMs: 0 },
  readOperand: (operand) => (operand === 0 ? "ann" : undefined),
};

const million = 1_000_000;

describe("what a request is expected to use", () => {
  test.each([
    ["a thousand tokens of answer", { steps: ["b"], asked: {}, plan: {} }, 1_100, 4_300],
    ["no more than its target gives", { steps: ["a"], asked: {}, plan: {} }, 500, 900],
    [
      "no more than its client wants",
      { steps: ["b"], asked: { maxTokens: 10 }, plan: {} },
      110,
      340,
    ],
    ["no more than its plan allows", { steps: ["b"], asked: {}, plan: { maxTokens: 5 } }, 105, 320],
    [
      "as many answers as are asked for",
      { steps: ["b"], asked: { choices: 3, maxTokens: 10 }, plan: {} },
      130,
      420,
    ],
    [
      "nothing of a price that nobody knows",
      { steps: ["unpriced"], asked: {}, plan: {} },
      1_100,
      0,
    ],
    [
      "at the first target that there is",
      { steps: [null, "a", "b"], asked: {}, plan: {} },
      500,
      900,
    ],
    ["nothing where there is no target", { steps: [null], asked: {}, plan: {} }, 1_100, 0],
  ])("%s", (_, { steps, asked, plan }, tokens, cost) => {
    const expected = expectedUse(planOver(steps, plan), { ...request, ...asked });
    expect(expected).toEqual({ tokens, cost });
  });
});

const counter = { by: null, waitMs: null };
const options = {
  limits: [
    { id: "p/r/limit-1", most: 20, of: "requests" as const, perMs: 60_000, by: 0, waitMs: 50 },
    { ...counter, id: "p/r/limit-2", most: 1_000, of: "tokens" as const, perMs: 1_000 },
  ],
  budgets: [{ id: "p/r/budget-1", amount: 2_000 * million, per: "day" as const, by: 1 }],
  concurrency: [{ ...counter, id: "p/r/concurrency-1", most: 8 }],
};

test("a plan asks of each counter under the value of its fact; what is unknown has a counter that no value has", () => {
  const wish = wishOfPlan({ options }, { tokens: 1_100, cost: 4_300 * million }, request);
  expect(wish.turns).toEqual([
    { counter: { option: "p/r/concurrency-1", value: "" }, most: 8, waitMs: null },
  ]);
  expect(
    wish.takes.map(({ take: { option, value, amount }, waitMs, of }) => {
      return [option, value, amount, waitMs, of];
    }),
  ).toEqual([
    ["p/r/limit-1", "ann", 1, 50, "requests"],
    ["p/r/limit-2", "", 1_000, null, "tokens"],
    ["p/r/budget-1", "\u0000unknown", 2_000 * million, null, "cost"],
  ]);
  expect(amountsOf(wish.takes, { tokens: 7, cost: 8 })).toEqual([1, 7, 8]);
  expect(amountsOf(wish.takes, null)).toEqual([0, 0, 0]);
  expect(countsSomething({ options })).toBe(true);
  expect(countsSomething({ options: { retries: 1 } })).toBe(false);
});

test("no amount is beyond what could ever be had, but of a prompt that is larger than its limit", () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(5_000), fc.nat(5_000), (promptTokens, answer, cost) => {
      const expected = { tokens: promptTokens + answer, cost: cost * million };
      const wish = wishOfPlan({ options }, expected, { ...request, promptTokens });
      for (const { take } of wish.takes) {
        const most = take.option === "p/r/limit-2" ? Math.max(take.most, promptTokens) : take.most;
        expect(take.amount).toBeLessThanOrEqual(most);
      }
    }),
  );
});
