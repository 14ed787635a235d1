import fc from "fast-check";
import type { FactValue } from "../../src/facts/fact.ts";
import type {
  Action,
  CheckedAlso,
  CheckedGuard,
  CheckedOptions,
  CheckedPolicy,
  CheckedStep,
  Requirement,
  Route,
} from "../../src/language/checker/checked-policy.ts";
import { causes, retryableCauses } from "../../src/protocol/cause.ts";
import { mostChoices } from "../../src/protocol/chat-request.ts";
import { conditionOn, type OperandKind } from "./random-policy.ts";
import {
  randomTargetCondition,
  requestOperands,
  variedTargets,
} from "./random-target-condition.ts";

const span = { file: "random.policy", start: 0, end: 0 };
const names = variedTargets.map(({ name }) => name);
const name = fc.constantFrom(...names);

const kinds: readonly OperandKind[] = [
  { name: "tokens", type: { kind: "whole" }, costClass: 0, constants: [0, 4, 8, 12] },
  { name: "max_tokens", type: { kind: "whole" }, costClass: 0, constants: [1, 3, 9] },
  { name: "team", type: { kind: "text" }, costClass: 0, constants: ["eu", "us"] },
  { name: "pii", type: { kind: "boolean" }, costClass: 2, constants: [true, false] },
];

const condition = conditionOn(kinds);

const usual = causes.filter((cause) => retryableCauses.has(cause));

const shares = fc.tuple(name, name, fc.constantFrom(0, 100, 5_000)).map(([one, other, parts]) => [
  { parts, target: one },
  { parts: 10_000 - parts, target: other },
]);

const route: fc.Arbitrary<Route> = fc.oneof(
  { weight: 5, arbitrary: name.map((target): Route => ({ kind: "target", target })) },
  { weight: 1, arbitrary: fc.constant<Route>({ kind: "requested" }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom("any" as const, "cheapest" as const, "least-busy" as const),
        fc.subarray(names, { minLength: 1 }),
        fc.option(randomTargetCondition, { nil: null }),
      )
      .map(([by, from, where]): Route => ({ kind: "select", by, from, where, intent: null })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(null, 2, 3), fc.string(), shares)
      .map(([by, salt, parts]): Route => ({ kind: "split", by, salt, shares: parts })),
  },
);

const shadow = fc
  .tuple(name, fc.constantFrom(100, 10_000), fc.constantFrom(null, 2))
  .map(([target, parts, by]) => ({ target, parts, by, salt: "shadow" }));

const options: fc.Arbitrary<CheckedOptions> = fc.record(
  {
    maxTokens: fc.constantFrom(1, 3, 9),
    promptTokens: fc.constantFrom(4, 12),
    cost: fc.constantFrom(20, 60),
    retries: fc.nat({ max: 2 }),
    timeoutMs: fc.constantFrom(1_000, 5_000),
    deadlineMs: fc.constantFrom(4_000, 100_000),
    tags: fc.constant(["t"]),
    shadow,
  },
  { requiredKeys: [] },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.array(fc.tuple(route, fc.constantFrom(causes, usual)), { minLength: 1, maxLength: 3 }),
        options,
      )
      .map(
        ([routes, some]): Action => ({
          kind: "plan",
          steps: routes.map(
            ([each, accepts], index): CheckedStep => ({
              route: each,
              on: index === 0 ? [] : accepts,
              span,
            }),
          ),
          options: some,
          span,
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Action>({ kind: "reject", status: 403, message: "no", span }),
  },
);

const bound = (
  of: "cost" | "time" | "attempts",
  ...values: readonly number[]
): fc.Arbitrary<Requirement> =>
  fc
    .tuple(fc.constantFrom("<", "<=", "<=", ">", ">=", "=", "!="), fc.constantFrom(...values))
    .map(([op, value]): Requirement => ({ kind: "bound", of, op: op as "<", value }));

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc
    .constantFrom("fallback" as const, "tags" as const, "timeoutMs" as const)
    .map((what): Requirement => ({ kind: "has", what })),
  bound("cost", 0, 20, 60, 200),
  bound("time", 4_000, 70_000),
  bound("attempts", 1, 2, 4),
);

const when = fc.option(condition, { nil: null });
const guard: fc.Arbitrary<CheckedGuard> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.tuple(when, randomTargetCondition).map(
      ([on, target]): CheckedGuard => ({
        kind: "never",
        id: "",
        text: "",
        span,
        when: on,
        target,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(when, requirement).map(
      ([on, demand]): CheckedGuard => ({
        kind: "ensure",
        id: "",
        text: "",
        span,
        when: on,
        requirement: demand,
      }),
    ),
  },
);

/** Policies with every kind of route, options from alsos, shadows and guards, over `variedTargets`. */
export const randomGuarded: fc.Arbitrary<CheckedPolicy> = fc
  .record({
    conditions: fc.array(condition, { maxLength: 3 }),
    actions: fc.array(action, { minLength: 4, maxLength: 4 }),
    alsos: fc.array(fc.tuple(condition, options), { maxLength: 2 }),
    guards: fc.array(guard, { minLength: 1, maxLength: 3 }),
  })
  .map(({ conditions, actions, alsos, guards }) => ({
    name: "random",
    hash: "00112233445566aa",
    operands: requestOperands,
    rules: [...conditions, null].map((_, index) => ({
      id: `rule-${index + 1}`,
      name: null,
      line: index + 1,
      span,
    })),
    branches: [...conditions, null].map((each, rule) => ({
      rule,
      condition: each,
      action: actions[rule]!,
      span,
    })),
    alsos: alsos.map(
      ([each, some], index): CheckedAlso => ({
        id: `also-${index + 1}`,
        condition: each,
        options: some,
        line: index,
        span,
      }),
    ),
    guards: guards.map((each, index) => ({ ...each, id: `guard-${index + 1}` })),
    intents: [],
    targets: names,
    files: ["random.policy"],
  }));

/** A request for such a policy, and the moment it comes in. */
export interface GuardedRequest {
  readonly tokens: number;
  readonly maxTokens: number | undefined;
  /** Answers asked for at once. */
  readonly choices: number;
  readonly team: string | undefined;
  readonly pii: boolean | undefined;
  readonly requested: string | null;
  readonly id: string;
  readonly healthy: readonly boolean[];
  readonly queue: number | undefined;
  readonly atMs: number;
  /** What each attempt in turn ends with, and when; -1 is just before its time is out. */
  readonly ends: readonly { readonly afterMs: number; readonly cause: number | null }[];
}

export const guardedRequest: fc.Arbitrary<GuardedRequest> = fc.record({
  tokens: fc.nat({ max: 20 }),
  maxTokens: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
  choices: fc.constantFrom(1, 1, 2, mostChoices),
  team: fc.constantFrom("eu", "us", "elsewhere", undefined),
  pii: fc.constantFrom(true, false, undefined),
  requested: fc.constantFrom(null, ...names),
  id: fc.string(),
  healthy: fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }),
  queue: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  atMs: fc.nat({ max: 100_000_000 }),
  ends: fc.array(
    fc.record({
      afterMs: fc.constantFrom(-1, 1, 500),
      cause: fc.option(fc.nat({ max: causes.length - 1 }), { nil: null, freq: 5 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

/** What a request tells of each operand. */
export function valuesOf({
  tokens,
  maxTokens,
  team,
  pii,
}: Pick<GuardedRequest, "tokens" | "maxTokens" | "team" | "pii">): readonly (
  | FactValue
  | undefined
)[] {
  return [tokens, maxTokens, team, pii, maxTokens === undefined ? undefined : tokens + maxTokens];
}
