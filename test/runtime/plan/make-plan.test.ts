import fc from "fast-check";
import { expect, test } from "vitest";
import type { Target } from "../../../src/catalog/target.ts";
import { noLiveTargets } from "../../../src/catalog/target-fact.ts";
import type { FactValue } from "../../../src/facts/fact.ts";
import type {
  CheckedOptions,
  Route,
  Strategy,
  TargetCondition,
} from "../../../src/language/checker/checked-policy.ts";
import type { PlanInputs } from "../../../src/runtime/plan/make-plan.ts";
import { anyPlan } from "../../support/dispatch-arbitraries.ts";
import {
  defaults,
  inRegion,
  plan,
  priced,
  pricedAt,
  retryable,
  select,
  splitBy,
  table,
  targetsOf,
  to,
} from "../../support/plan-making.ts";
import { attemptsOf } from "../../support/plans.ts";
import { targetNamed } from "../../support/socket-bench.ts";

test("named targets stand in order, with the causes that lead to each", () => {
  const { steps } = plan([to("a"), to("b")]);
  expect(steps).toEqual([
    { target: "a", missing: null, on: [] },
    { target: "b", missing: null, on: retryable },
  ]);
});

test.each([
  ["known", "c", { target: "c", missing: null }],
  ["not known", null, { target: null, missing: "requested" }],
] as const)("`requested` is the client's own target, here %s", (_, requested, step) => {
  expect(plan([{ kind: "requested" }], { requested }).steps[0]).toMatchObject(step);
});

test("the policy's options win over the defaults, one by one", () => {
  const options: CheckedOptions = { firstTokenMs: 800, retries: 0, maxTokens: 99, tags: ["x"] };
  expect(plan([to("a")], {}, options)).toMatchObject({
    ...defaults,
    firstTokenMs: 800,
    retries: 0,
    maxTokens: 99,
    set: null,
    tags: ["x"],
  });
});

test.each<{ name: string; targets: Target[]; maxTokens?: number; ceiling?: number; best: string }>([
  {
    name: "counts prompt and output",
    targets: [priced("a", 1, 100), priced("b", 20, 2)],
    best: "b",
  },
  {
    name: "counts the client's ceiling on the output",
    targets: [priced("a", 1, 100), priced("b", 20, 2)],
    maxTokens: 10,
    best: "a",
  },
  {
    name: "counts the policy's ceiling on the output",
    targets: [priced("a", 1, 100), priced("b", 20, 2)],
    maxTokens: 500,
    ceiling: 10,
    best: "a",
  },
  {
    name: "counts no more output than a target can give",
    targets: [priced("a", 5, 5), priced("b", 5, 6, { maxOutputTokens: 10 })],
    maxTokens: 900,
    best: "b",
  },
  {
    name: "puts a target without a known price last",
    targets: [targetNamed("a"), priced("b", 1_000, 1_000)],
    best: "b",
  },
  {
    name: "takes the first in source order when costs are equal",
    targets: [priced("a", 3, 3), priced("b", 3, 3)],
    best: "a",
  },
  {
    name: "takes the first when no price is known at all",
    targets: [targetNamed("a"), targetNamed("b")],
    best: "a",
  },
])("`cheapest` $name", ({ targets, maxTokens = null, ceiling, best }) => {
  const route = select(
    "cheapest",
    targets.map(({ name }) => name),
  );
  const options = ceiling === undefined ? {} : { maxTokens: ceiling };
  expect(targetsOf(plan([route], { targets: table(...targets), maxTokens }, options))).toEqual([
    best,
  ]);
});

const located = table(
  { ...targetNamed("a"), region: "us" },
  { ...targetNamed("b"), region: null },
  { ...targetNamed("c"), region: "eu" },
);

test("`where` keeps a candidate on true only: false and unknown drop it", () => {
  const route = select("cheapest", ["a", "b", "c"], inRegion("eu"));
  expect(targetsOf(plan([route], { targets: located }))).toEqual(["c"]);
  const negated = select("cheapest", ["b", "c"], { kind: "not", of: inRegion("eu") });
  expect(plan([negated], { targets: located }).steps[0]).toMatchObject({
    target: null,
    missing: "candidate",
  });
});

test("a selection of which nobody is healthy names whom it would choose from: not whom `where` drops, nor earlier steps' targets", () => {
  const live = { healthy: () => false, measured: () => undefined };
  const route = select("any", ["a", "b", "c"], inRegion("eu"));
  const made = plan([to("a"), route, select("any", ["a"])], { targets: located, live });
  expect(made.steps.map(({ target, missing, spares }) => [target, missing, spares])).toEqual([
    ["a", null, undefined],
    [null, "candidate", ["c"]],
    [null, "candidate", undefined],
  ]);
});

test("`where` reads the request's facts beside the target's", () => {
  const fits: TargetCondition = {
    kind: "compare",
    op: ">=",
    left: { kind: "target-fact", name: "context", type: { kind: "whole" } },
    right: { kind: "operand", operand: 4, type: { kind: "whole" } },
  };
  const targets = table(
    { ...targetNamed("a"), contextTokens: 8_000 },
    { ...targetNamed("b"), contextTokens: 200_000 },
  );
  const readOperand = (operand: number): FactValue | undefined =>
    operand === 4 ? 120_000 : undefined;
  const route = select("cheapest", ["a", "b"], fits);
  expect(targetsOf(plan([route], { targets, readOperand }))).toEqual(["b"]);
});

const fitsWithOutput: TargetCondition = {
  kind: "compare",
  op: ">=",
  left: { kind: "target-fact", name: "context", type: { kind: "whole" } },
  right: {
    kind: "arithmetic",
    op: "+",
    left: { kind: "operand", operand: 0, type: { kind: "whole" } },
    right: { kind: "max-tokens", operand: 1, type: { kind: "whole" } },
  },
};

test.each<[client: number | null, option: number | null, fitting: string | null]>([
  // The prompt has 6,000 tokens. a holds 9,000 and its own maximum is not known; b holds 10,000 and writes at most
  // 8,000; c holds 16,000 and writes at most 9,000.
  [null, null, "c"],
  [500, null, "a"],
  [4_000, null, "b"],
  [12_000, null, null],
  [null, 1_000, "a"],
  [null, 9_500, "c"],
])(
  "`where context >= tokens + max_tokens`, client %s and option %s, leads to %s",
  (client, option, fitting) => {
    const targets = table(
      { ...targetNamed("a"), contextTokens: 9_000, maxOutputTokens: null },
      { ...targetNamed("b"), contextTokens: 10_000, maxOutputTokens: 8_000 },
      { ...targetNamed("c"), contextTokens: 16_000, maxOutputTokens: 9_000 },
    );
    const readOperand = (operand: number): FactValue | undefined =>
      operand === 0 ? 6_000 : (client ?? undefined);
    const route = select("cheapest", ["a", "b", "c"], fitsWithOutput);
    const changes = { targets, readOperand, promptTokens: 6_000, maxTokens: client };
    const chosen = plan([route], changes, option === null ? {} : { maxTokens: option });
    expect(targetsOf(chosen)).toEqual([fitting]);
  },
);

test("a later selection leaves out the targets of earlier steps", () => {
  const any = select("any", ["a", "b"]);
  expect(targetsOf(plan([to("a"), any, any]))).toEqual(["a", "b", null]);
});

test("a selection leaves out targets that are not healthy", () => {
  const live = { ...noLiveTargets, healthy: (name: string) => name !== "a" };
  expect(targetsOf(plan([select("any", ["a", "b"])], { live }))).toEqual(["b"]);
});

test("`any` is drawn from the seed: the same for one seed, spread evenly over many", () => {
  const pick = (seed: number): string | null =>
    targetsOf(plan([select("any", ["a", "b", "c", "d"])], { seed }))[0] ?? null;
  const counts = new Map<string | null, number>();
  for (let seed = 0; seed < 4_000; seed += 1) {
    const target = pick(seed);
    expect(pick(seed)).toBe(target);
    counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  expect(counts.size).toBe(4);
  for (const count of counts.values()) {
    expect(Math.abs(count - 1_000)).toBeLessThan(5 * Math.sqrt(750));
  }
});

test("`any` takes the less busy of the two drawn, so the busiest of all is never taken", () => {
  const loads: Readonly<Record<string, number>> = { a: 3, b: 9, c: 1, d: 2 };
  const live = { ...noLiveTargets, measured: (name: string) => loads[name] };
  for (let seed = 0; seed < 500; seed += 1) {
    const [target] = targetsOf(plan([select("any", ["a", "b", "c", "d"])], { seed, live }));
    expect(target).not.toBe("b");
  }
});

test("a split is stable: a key has the same target whatever the request, the seed and the time", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), fc.nat(), (key, requestId, seed, atMs) => {
      const route = splitBy(0, { a: 5_000, b: 3_000, c: 2_000 });
      const readOperand = (): FactValue => key;
      const once = targetsOf(plan([route], { readOperand }));
      expect(targetsOf(plan([route], { readOperand, requestId, seed, atMs }))).toEqual(once);
    }),
  );
});

test("a split without a key, or with one that is not known, goes by the request id", () => {
  for (const requestId of ["r1", "r2", "r3", "r4", "r5"]) {
    const byKey = targetsOf(
      plan([splitBy(0, { a: 5_000, b: 5_000 })], { readOperand: () => requestId }),
    );
    expect(targetsOf(plan([splitBy(null, { a: 5_000, b: 5_000 })], { requestId }))).toEqual(byKey);
    expect(targetsOf(plan([splitBy(0, { a: 5_000, b: 5_000 })], { requestId }))).toEqual(byKey);
  }
});

test("a split's shares over 100,000 fixed keys are within five sigma", () => {
  const shares = { a: 9_000, b: 990, c: 10 };
  const route = splitBy(0, shares);
  const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
  const keys = 100_000;
  for (let key = 0; key < keys; key += 1) {
    const [target] = targetsOf(plan([route], { readOperand: () => `user-${key}` }));
    counts[target!]! += 1;
  }
  for (const [target, parts] of Object.entries(shares)) {
    const share = parts / 10_000;
    const sigma = Math.sqrt(keys * share * (1 - share));
    expect(Math.abs(counts[target]! - keys * share), target).toBeLessThan(5 * sigma);
  }
});

test("splits with different salts are independent", () => {
  const one: Route = splitBy(0, { a: 5_000, b: 5_000 });
  const other: Route = { ...one, salt: "support/rule-2" } as Route;
  let same = 0;
  for (let key = 0; key < 10_000; key += 1) {
    const [first, second] = targetsOf(plan([one, other], { readOperand: () => `user-${key}` }));
    if (first === second) same += 1;
  }
  expect(Math.abs(same - 5_000)).toBeLessThan(5 * 50);
});

test.each([
  [["a", "b"], 2, 10, 6],
  [["a", "b", "a", null], 1, 10, 4],
  [["a", "b", "c"], 2, 3, 3],
  [[null], 5, 3, 0],
] as const)(
  "the bound of a plan over %j with %i retries and at most %i attempts is %i",
  (targets, retries, maxAttempts, bound) => {
    const steps = targets.map((target) => ({ target, missing: null, on: [] }));
    expect(attemptsOf({ ...plan([to("a")]), steps, retries, maxAttempts })).toBe(bound);
  },
);

test("a plan's bound never passes its own limit on attempts", () => {
  fc.assert(
    fc.property(anyPlan, (any) => {
      expect(attemptsOf(any)).toBeLessThanOrEqual(any.maxAttempts);
    }),
  );
});

test.each<[Strategy, "ttft" | "queue", Readonly<Record<string, number>>, string]>([
  ["fastest", "ttft", { a: 900, b: 200, c: 400 }, "b"],
  ["fastest", "ttft", { a: 900, c: 400 }, "b"],
  ["least-busy", "queue", { c: 4 }, "c"],
  ["fastest", "ttft", {}, "a"],
  ["least-busy", "queue", { a: 3, b: 5, c: 1 }, "c"],
  ["least-busy", "queue", { a: 3, b: 3, c: 3 }, "a"],
])(
  "%s weighs %s; what was never timed is tried, other loads unknown come last, the first wins a tie: %j",
  (by, fact, loads, best) => {
    const live = {
      healthy: () => true,
      measured: (name: string, measure: string) => (measure === fact ? loads[name] : undefined),
    };
    expect(targetsOf(plan([select(by, ["a", "b", "c"])], { live }))).toEqual([best]);
  },
);

test.each([
  ["chat", "b"],
  ["classify", "a"],
  [undefined, "b"],
])("best takes the quality for the intent %s, else the general one", (intent, best) => {
  const targets = table(
    { ...targetNamed("a"), quality: { default: 0.5, classify: 0.95 } },
    { ...targetNamed("b"), quality: { default: 0.9 } },
    { ...targetNamed("c"), quality: {} },
  );
  const read = { targets, readOperand: () => intent };
  expect(targetsOf(plan([select("best", ["c", "a", "b"], null, 0)], read))).toEqual([best]);
});

interface Tiered {
  readonly name: string;
  readonly given: Partial<PlanInputs>;
  readonly options: CheckedOptions;
  readonly best: string;
  /** The most that an attempt at `a` may cost. */
  readonly most: number;
}

test.each<Tiered>([
  { name: "the usual prices", given: {}, options: {}, best: "b", most: 3_000 },
  { name: "the plan's tier", given: {}, options: { tier: "flex" }, best: "a", most: 3_000 },
  { name: "the client's tier", given: { tier: "flex" }, options: {}, best: "a", most: 3_000 },
  {
    name: "the plan's tier before the client's",
    ...{ given: { tier: "priority" }, options: { tier: "flex" }, best: "a", most: 3_000 },
  },
  {
    name: "a dear tier of the client's, in its ceiling too",
    ...{ given: { tier: "priority" }, options: {}, best: "a", most: 6_000 },
  },
])("`cheapest` goes by $name", ({ given, options, best, most }) => {
  const [listed] = pricedAt(3, 0);
  const tiers = { flex: 0.5, priority: 2 };
  const prices = [{ ...listed!, tiers }];
  const targets = table(priced("a", 3, 0, { prices }), priced("b", 2, 0));
  const made = plan([select("cheapest", ["a", "b"])], { targets, ...given }, options);
  expect(targetsOf(made)).toEqual([best]);
  const named = plan([to("a")], { targets, ...given }, { ...options, cost: 10_000 });
  expect(named.costLimit?.attempts).toEqual({ a: most });
});
