import { describe, expect, test } from "vitest";
import type { CheckedOptions } from "../../../src/language/checker/checked-policy.ts";
import { Admission } from "../../../src/runtime/limits/admission.ts";
import type { LimitStore } from "../../../src/runtime/limits/limit-store.ts";
import { MemoryLimitStore } from "../../../src/runtime/limits/memory-limit-store.ts";
import { askLeave, type Leave } from "../../../src/runtime/plan/ask-leave.ts";
import { countedRequest, isBudgetOf } from "../../../src/runtime/plan/counted.ts";
import type { Plan } from "../../../src/runtime/plan/plan.ts";
import { amountsOf, type CountedTake } from "../../../src/runtime/plan/wish-of-plan.ts";
import { quiet, slowStore } from "../../support/admission-bench.ts";
import { flatPrice } from "../../support/analysing.ts";
import { aTarget } from "../../support/checking.ts";
import { createHandClock } from "../../support/hand-clock.ts";
import { planOver } from "../../support/plans.ts";

const million = 1_000_000;
const targets = new Map([["a", aTarget("a", { prices: flatPrice(1, 2), maxOutputTokens: 400 })]]);

const counter = { by: null, waitMs: null };
const budgetOf = (number: number, amount: number) => ({
  ...{ id: `p/r/budget-${number}`, amount: amount * million, per: "day" as const, by: null },
});
const limit = {
  ...{ ...counter, id: "p/r/limit-1", most: 1, of: "requests" as const, perMs: 60_000 },
};
const turn = { ...counter, id: "p/r/concurrency-1", most: 1 };
const cached: CheckedOptions = { cache: { kind: "exact", forMs: 1_000 } };

interface Heard {
  leave: Leave | null;
  failure: unknown;
  readonly limited: string[];
  end: () => void;
}

function bench(store: LimitStore = new MemoryLimitStore()) {
  const clock = createHandClock(60_000_000);
  const admission = new Admission({ store, now: clock.now, timers: clock });
  const ask = (plan: Plan, beside: readonly CountedTake[] = []): Heard => {
    const heard: Heard = { leave: null, failure: null, limited: [], end: () => undefined };
    const request = {
      ...{ targets, promptTokens: 100, maxTokens: null, choices: 1, tier: null },
      ...{ atMs: clock.now(), readOperand: () => undefined },
    };
    const counted = countedRequest(plan, request, { isFree: false, beside: () => beside });
    heard.end = askLeave(
      { admission, now: clock.now, plan, counted, caller: "ann" },
      {
        limited: (option) => heard.limited.push(option),
        answered(leave) {
          expect(heard.leave, "it is told once").toBe(null);
          heard.leave = leave;
        },
        failed(error) {
          heard.failure = error;
        },
      },
    );
    return heard;
  };
  /** Spends all of a plan's budgets, or uses up its limits. */
  const useUp = (options: CheckedOptions): void => {
    const used = ask(planOver(["a"], { options })).leave;
    if (used?.kind !== "pass") throw new Error("it is the first");
    void used.pass.end(amountsOf(used.takes, { tokens: 0, cost: 10_000 * million }));
  };
  return { clock, admission, store, ask, useUp };
}

const takenOver = (options: CheckedOptions): Plan => {
  const plan = planOver(["a", "b"], { options });
  return {
    ...plan,
    steps: plan.steps.map((step, n) => (n === 0 ? step : { ...step, on: ["budget_exceeded"] })),
  };
};
const optionsOf = ({ leave }: Heard): unknown =>
  leave?.kind === "pass" && leave.takes.map(({ take: { option } }) => option);

describe("a plan", () => {
  test("with room everywhere passes, and tells what it took, before it is through with asking", () => {
    const { ask } = bench();
    const options = { limits: [limit], budgets: [budgetOf(1, 1_000)] };
    const heard = ask(planOver(["a"], { options }));
    expect(heard).toMatchObject({ leave: { kind: "pass", spent: null }, limited: [] });
    expect(optionsOf(heard)).toEqual(["p/r/limit-1", "p/r/budget-1"]);
  });

  test.each([
    ["limit", { limits: [limit] }, "p/r/limit-1", 61_000],
    ["concurrency", { concurrency: [turn] }, "p/r/concurrency-1", null],
  ])("whose %s has no room is refused by it, and takes from no budget", (_, has, option, ms) => {
    const { ask, store, clock } = bench();
    ask(planOver(["a"], { options: has }));
    const heard = ask(takenOver({ ...has, budgets: [budgetOf(1, 1_000)], ...cached }));
    expect(heard.leave).toEqual({ kind: "refused", option, retryAfterMs: ms });
    expect(heard.limited).toEqual([option]);
    const { id, amount, per } = budgetOf(1, 1_000);
    const asked = { kind: "budget", option: id, value: "", most: amount, per, amount: 0 } as const;
    expect(store.standing(asked, clock.now())).toEqual({ reserved: 0, settled: 0 });
  });

  test("whose budget is spent fails with that, where nothing of it is free of the budget", () => {
    const { ask, useUp, admission } = bench();
    const options = { budgets: [budgetOf(1, 1_000)], concurrency: [turn] };
    useUp(options);
    for (const more of [{}, { cache: { kind: "off" } } as const]) {
      const heard = ask(planOver(["a"], { options: { ...options, ...more } }));
      expect(heard.leave).toMatchObject({
        ...{ kind: "spent" },
        failure: { cause: "budget_exceeded", code: "budget_spent", retryAfterMs: 26_400_000 },
      });
      expect(heard.limited).toEqual(["p/r/budget-1"]);
    }
    expect(admission.size, "no turn is kept").toBe(0);
  });

  test.each([
    ["a step takes over", takenOver],
    [
      "an answer may be kept",
      (options: CheckedOptions) => planOver(["a"], { options: { ...options, ...cached } }),
    ],
  ])("whose budgets are spent passes where %s, held against all the others", (_, planOf) => {
    const { ask, useUp, admission } = bench();
    const spent = [budgetOf(1, 1_000), budgetOf(2, 2_000)];
    useUp({ budgets: spent });
    const options = {
      budgets: [...spent, budgetOf(3, 3_000)],
      limits: [limit],
      concurrency: [turn],
    };
    const heard = ask(planOf(options));
    expect(heard.limited).toEqual(["p/r/budget-1", "p/r/budget-2"]);
    expect(heard.leave).toMatchObject({
      ...{ kind: "pass", spent: { message: expect.stringContaining("`p/r/budget-1`") } },
    });
    expect(optionsOf(heard)).toEqual(["p/r/limit-1", "p/r/budget-3"]);
    if (heard.leave?.kind === "pass") void heard.leave.pass.end([1, 0]);
    expect(admission.size).toBe(0);
    expect(ask(planOf(options)).leave).toMatchObject({ kind: "refused", option: "p/r/limit-1" });
  });

  test("is refused by a counter beside it that is no budget of its own", () => {
    const { ask, useUp } = bench();
    const other = {
      kind: "budget",
      option: "q/r/budget-1",
      value: "",
      per: "day",
      amount: 1,
    } as const;
    const beside = { take: { ...other, most: 0 }, waitMs: null, of: "cost" } as const;
    useUp({ budgets: [budgetOf(1, 1_000)] });
    const plan = takenOver({ budgets: [budgetOf(1, 1_000)] });
    const heard = ask(plan, [beside]);
    expect(isBudgetOf(plan, other)).toBe(false);
    expect(heard.leave).toMatchObject({ kind: "refused", option: other.option });
    expect(heard.limited).toEqual(["p/r/budget-1", other.option]);
  });
});

describe("who waits", () => {
  test("again once a budget was spent can still leave, and holds nothing then", () => {
    const { ask, useUp, admission } = bench();
    const budgets = [budgetOf(1, 1_000)];
    const concurrency = [{ ...turn, waitMs: 10_000 }];
    useUp({ budgets });
    const first = ask(planOver(["a"], { options: { concurrency } })).leave;
    const heard = ask(takenOver({ budgets, concurrency }));
    const next = ask(planOver(["a"], { options: { concurrency } }));
    expect(heard).toMatchObject({ leave: null, limited: [] });
    // It gives the turn on when it hears of its budget, and stands behind who came after it.
    if (first?.kind === "pass") void first.pass.end([]);
    expect(heard).toMatchObject({ leave: null, limited: ["p/r/budget-1"] });
    expect(next.leave).toMatchObject({ kind: "pass" });
    heard.end();
    expect(heard.leave).toEqual({ kind: "gone" });
    if (next.leave?.kind === "pass") void next.leave.pass.end([]);
    expect(admission.size).toBe(0);
  });

  test("for a store that had answered at once before can leave, and nothing is kept for it", async () => {
    const memory = new MemoryLimitStore();
    const slow = slowStore(() => Promise.resolve(), memory);
    const store: LimitStore = {
      ...slow,
      settle: (held, actual) => memory.settle(held, actual),
      admit: (takes, atMs) => (takes.length > 1 ? memory : slow).admit(takes, atMs),
    };
    const { ask, useUp, clock } = bench(store);
    const spent = { budgets: [budgetOf(1, 1_000), budgetOf(2, 1_000)] };
    useUp(spent);
    const all = { budgets: [...spent.budgets, budgetOf(3, 1_000)] };
    const heard = ask(takenOver(all));
    expect(heard).toMatchObject({ leave: null, limited: ["p/r/budget-1", "p/r/budget-2"] });
    heard.end();
    await quiet();
    expect(heard.leave).toEqual({ kind: "gone" });
    const { id: option, amount: most, per } = budgetOf(3, 1_000);
    const asked = { kind: "budget", option, value: "", most, per, amount: 0 } as const;
    expect(store.standing(asked, clock.now())).toEqual({ reserved: 0, settled: 0 });
  });

  test("for a store hears when it answers, or fails", async () => {
    const answering = { isDown: false };
    const reached = (): Promise<void> =>
      answering.isDown ? Promise.reject(new Error("no server")) : Promise.resolve();
    const { ask } = bench(slowStore(reached));
    const plan = planOver(["a"], { options: { limits: [limit] } });
    const first = ask(plan);
    expect(first.leave).toBe(null);
    await quiet();
    expect(first.leave).toMatchObject({ kind: "pass" });
    answering.isDown = true;
    const second = ask(plan);
    await quiet();
    expect(second).toMatchObject({ leave: null, failure: new Error("no server") });
  });
});

test("what nobody bills for is expected to use nothing, and is counted all the same", () => {
  const options = { limits: [limit], budgets: [budgetOf(1, 1_000)] };
  const request = {
    ...{ targets, promptTokens: 0, maxTokens: null, choices: 1, tier: null, atMs: 0 },
    readOperand: () => undefined,
  };
  const plan = planOver(["a"], { options });
  const { expected, wish } = countedRequest(plan, request, { isFree: true, beside: () => [] });
  expect(expected).toEqual({ tokens: 0, cost: 0 });
  expect(wish.takes.map(({ take: { amount } }) => amount)).toEqual([1, 0]);
});
