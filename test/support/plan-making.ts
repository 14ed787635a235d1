import type { PriceTable, Target } from "../../src/catalog/target.ts";
import { noLiveTargets } from "../../src/catalog/target-fact.ts";
import type { DispatchDefaults } from "../../src/configuration/configuration.ts";
import type {
  Action,
  CheckedOptions,
  Route,
  Strategy,
  TargetCondition,
} from "../../src/language/checker/checked-policy.ts";
import { type Cause, retryableCauses } from "../../src/protocol/cause.ts";
import { makePlan, type PlanInputs } from "../../src/runtime/plan/make-plan.ts";
import type { Plan } from "../../src/runtime/plan/plan.ts";
import { targetNamed } from "./socket-bench.ts";

export const span = { file: "t.policy", start: 0, end: 0 };
export const retryable: readonly Cause[] = [...retryableCauses];

export const defaults: DispatchDefaults = {
  timeoutMs: 60_000,
  deadlineMs: 120_000,
  firstTokenMs: 30_000,
  idleMs: 20_000,
  retries: 1,
  maxAttempts: 5,
};

/** One table of flat prices, in picodollars per token. */
export const pricedAt = (input: number, output: number): readonly PriceTable[] => [
  {
    effectiveFrom: Number.NEGATIVE_INFINITY,
    bands: [{ abovePromptTokens: 0, input, output, cachedRead: input, cachedWrite: input }],
    batchShare: null,
  },
];

export const table = (...targets: readonly Target[]): ReadonlyMap<string, Target> =>
  new Map(targets.map((target) => [target.name, target]));

export const inputs = (changes: Partial<PlanInputs> = {}): PlanInputs => ({
  targets: table(...["a", "b", "c", "d"].map((name) => targetNamed(name))),
  defaults,
  requested: null,
  requestId: "request-1",
  seed: 1,
  promptTokens: 1_000,
  maxTokens: null,
  atMs: 0,
  readOperand: () => undefined,
  live: noLiveTargets,
  alsos: [],
  guards: [],
  ...changes,
});

export const plan = (
  routes: readonly Route[],
  changes: Partial<PlanInputs> = {},
  options: CheckedOptions = {},
): Plan => {
  const action: Extract<Action, { kind: "plan" }> = {
    kind: "plan",
    steps: routes.map((route, index) => ({ route, on: index === 0 ? [] : retryable, span })),
    options,
    span,
  };
  return makePlan(action, inputs(changes));
};

export const to = (target: string): Route => ({ kind: "target", target });
export const select = (
  by: Strategy,
  from: readonly string[],
  where: TargetCondition | null = null,
  intent: number | null = null,
): Route => ({ kind: "select", by, from, where, intent });
export const splitBy = (by: number | null, shares: Readonly<Record<string, number>>): Route => ({
  kind: "split",
  by,
  salt: "support/rule-1",
  shares: Object.entries(shares).map(([target, parts]) => ({ target, parts })),
});

export const targetsOf = ({ steps }: Plan): readonly (string | null)[] =>
  steps.map(({ target }) => target);

export const priced = (
  name: string,
  input: number,
  output: number,
  more: Partial<Target> = {},
): Target => ({
  ...targetNamed(name),
  prices: pricedAt(input, output),
  maxOutputTokens: 1_000,
  ...more,
});

export const inRegion = (region: string): TargetCondition => ({
  kind: "compare",
  op: "=",
  left: { kind: "target-fact", name: "region", type: { kind: "text" } },
  right: { kind: "literal", value: region, type: { kind: "text" } },
});
