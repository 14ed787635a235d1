import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CostClass, Operand } from "../../../src/facts/fact.ts";
import type { CheckedPolicy, Condition } from "../../../src/language/checker/checked-policy.ts";
import { type LoweringLimits, lower } from "../../../src/language/graph/lower.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { kindOf } from "../../../src/language/program/follow.ts";
import { createFrame, frameState } from "../../../src/language/program/frame.ts";
import { nodeKind } from "../../../src/language/program/program.ts";
import { operandAt, walk } from "../../../src/language/program/walk.ts";
import {
  type Bounds,
  decideByTable,
  decideLazily,
  isNeeded,
  putFact,
} from "../../support/decide.ts";
import {
  type Facts,
  policyAndFacts,
  policyOf,
  randomFacts,
  randomPolicy,
  tellingValues,
} from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };

const limits = {
  "one block": undefined,
  "blocks of few rules": { states: 12, statesPerBranch: 0, statesOfRule: 10_000 },
  "a block for every rule": { states: 0, statesPerBranch: 0, statesOfRule: 10_000 },
} satisfies Record<string, LoweringLimits | undefined>;
const layouts = Object.entries(limits);

const splitRules = { states: 0, statesPerBranch: 0, statesOfRule: 1 };

/** Requests together with bounds on their numbers, each request's own values within them. */
function boundedRequest(policy: CheckedPolicy): fc.Arbitrary<{ facts: Facts; bounds: Bounds }> {
  return randomFacts(policy).chain((facts) =>
    fc
      .tuple(
        ...facts.map((value, operand) =>
          policy.operands[operand]!.key.includes("tokens") && Number.isFinite(value)
            ? fc.option(fc.tuple(fc.constantFrom(0, 1, 300), fc.constantFrom(0, 1, 9_000)))
            : fc.constant(null),
        ),
      )
      .map((margins) => ({
        facts,
        bounds: new Map(
          margins.flatMap((margin, operand) =>
            margin === null
              ? []
              : [
                  [
                    operand,
                    [Number(facts[operand]) - margin[0], Number(facts[operand]) + margin[1]],
                  ] as const,
                ],
          ),
        ),
      })),
  );
}

test.each([...layouts, ["rules split within", splitRules] as const])(
  "the table takes the interpreter's branch, at every cut and with unknowns: %s",
  (_, layout) => {
    fc.assert(
      fc.property(policyAndFacts(), ({ policy, requests }) => {
        const program = compile(policy, lower(policy, layout));
        for (const facts of requests) {
          const reference = interpret(policy, (at) => facts[at]);
          expect(decideByTable(program, facts)).toBe(reference);
          expect(decideLazily(program, facts).branch).toBe(reference);
        }
      }),
      { numRuns: 500 },
    );
  },
);

test.each(layouts)(
  "bounds settle a number or it is asked for; either way the exact value's branch is taken: %s",
  (_, layout) => {
    fc.assert(
      fc.property(
        randomPolicy().chain((policy) =>
          boundedRequest(policy).map((request) => ({ policy, ...request })),
        ),
        ({ policy, facts, bounds }) => {
          const program = compile(policy, lower(policy, layout));
          const { branch } = decideLazily(program, facts, bounds);
          expect(branch).toBe(interpret(policy, (at) => facts[at]));
        },
      ),
      { numRuns: 500 },
    );
  },
);

test.each(layouts)(
  "a dear fact is asked for at most once, and only where the outcome may depend on it: %s",
  (_, layout) => {
    let asked = 0;
    fc.assert(
      fc.property(
        randomPolicy({ operands: 5, maxBranches: 6 }).chain((policy) =>
          boundedRequest(policy).map((request) => ({ policy, ...request })),
        ),
        ({ policy, facts, bounds }) => {
          const program = compile(policy, lower(policy, layout));
          const possible = facts.map((_value, operand) => {
            const [low, high] = bounds.get(operand) ?? [];
            const values = tellingValues(policy, operand);
            if (low === undefined || high === undefined) return values;
            return [
              low,
              high,
              ...values.filter((value) => Number(value) >= low && Number(value) <= high),
            ];
          });
          const { asks } = decideLazily(program, facts, bounds);
          asked += asks.length;
          for (const ask of asks) expect(isNeeded(policy, facts, ask, possible)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
    expect(asked).toBeGreaterThan(50);
  },
);

test("rules put after one that takes every request change neither a decision nor the table", () => {
  fc.assert(
    fc.property(policyAndFacts(), fc.nat(8), ({ policy, requests }, place) => {
      const last = Math.min(place, policy.branches.length - 1);
      const longer: CheckedPolicy = {
        ...policy,
        branches: policy.branches.map((branch, at) =>
          at === last ? { ...branch, condition: null } : branch,
        ),
      };
      const shorter = { ...longer, branches: longer.branches.slice(0, last + 1) };
      for (const facts of requests) {
        const [long, short] = [longer, shorter].map((one) =>
          decideByTable(compile(one, lower(one)), facts),
        );
        expect(long).toBe(short);
      }
    }),
    { numRuns: 300 },
  );
});

describe("texts", () => {
  const values = Array.from({ length: 40 }, (_, at) => `team-${at}`);
  const listed = fc
    .record({ of: fc.subarray(values, { minLength: 1 }), size: fc.integer({ min: 1, max: 40 }) })
    .map(({ of, size }): Condition => {
      const some = of.slice(0, size);
      return { kind: "in", operand: 1, values: some, ranges: [], span };
    });
  const rule = fc.tuple(listed, fc.boolean()).map(([list, stream]): Condition => {
    const compare = { kind: "compare", operand: 0, op: "=", value: stream, span } as const;
    return { kind: "and", of: [compare, list], span };
  });
  const operands: Operand[] = [
    { key: "stream", type: { kind: "boolean" }, costClass: 0 } as const,
    { key: "language", type: { kind: "text" }, costClass: 2 } as const,
  ].map((operand) => ({
    ...operand,
    shape: { kind: "fact", name: operand.key },
    trust: "gateway",
    mayBeUnknown: true,
  }));

  test("are found alike one by one, by search and by their own edge", () => {
    const kinds = new Set<number>();
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), (rules) => {
        const policy = policyOf(operands, [...rules, null]);
        const program = compile(policy, lower(policy));
        for (const stream of [true, false]) {
          const frame = createFrame(2);
          putFact(frame, 0, stream);
          const suspended = walk(program, frame, program.root);
          if (suspended < 0) kinds.add(kindOf(program.table, ~suspended));
          for (const text of [...values, "elsewhere", "", undefined]) {
            const facts = [stream, text];
            expect(decideByTable(program, facts)).toBe(interpret(policy, (at) => facts[at]));
          }
        }
      }),
      { numRuns: 300 },
    );
    const { fewTexts, sortedTexts, denseTexts } = nodeKind;
    expect([...kinds].sort()).toEqual([fewTexts, sortedTexts, denseTexts]);
  });
});

describe("a walk that knows more than it was told in order", () => {
  const boolean = (key: string, costClass: CostClass): Operand => ({
    shape: { kind: "fact", name: key },
    key,
    type: { kind: "boolean" },
    costClass,
    trust: "gateway",
    mayBeUnknown: true,
  });
  const holds = (operand: number): Condition => ({
    kind: "compare",
    operand,
    op: "=",
    value: true,
    span,
  });
  const both: Condition = { kind: "and", of: [holds(0), holds(1)], span };
  const policy = policyOf([boolean("pii", 2), boolean("intent", 3)], [both, null]);
  const program = compile(policy, lower(policy));

  test.each<[string, boolean | undefined, number | "asks"]>([
    ["asks for nothing where that settles the outcome", false, 1],
    ["takes an unknown for settling too", undefined, 1],
    ["asks where it does not", true, "asks"],
  ])("%s", (_, intent, outcome) => {
    const frame = createFrame(2);
    putFact(frame, 1, intent);
    const result = walk(program, frame, program.root);
    expect(result < 0 ? "asks" : result).toBe(outcome);
    if (result < 0) expect(operandAt(program, ~result)).toBe(0);
  });
});

describe("a suspended walk", () => {
  const tokens: Operand = {
    shape: { kind: "fact", name: "tokens" },
    key: "tokens",
    type: { kind: "whole" },
    costClass: 0,
    trust: "gateway",
    mayBeUnknown: false,
  };
  const short: Condition = { kind: "compare", operand: 0, op: "<", value: 200, span };
  const policy = policyOf([tokens], [short, null]);
  const program = compile(policy, lower(policy));

  test.each([
    [150, 199, 0],
    [200, 250, 1],
    [199, 200, null],
    [0, Number.POSITIVE_INFINITY, null],
  ])("between %d and %d, with a constant at 200: %s", (lower_, upper, branch) => {
    const frame = createFrame(1);
    frame.state[0] = frameState.bounded;
    frame.numbers[0] = lower_;
    frame.uppers[0] = upper;
    const result = walk(program, frame, program.root);
    if (branch !== null) {
      expect(result).toBe(branch);
      return;
    }
    expect(operandAt(program, ~result)).toBe(0);
    putFact(frame, 0, 199);
    expect(walk(program, frame, ~result)).toBe(0);
  });

  test("says when it has not even bounds", () => {
    const frame = createFrame(1);
    const result = walk(program, frame, program.root);
    expect(operandAt(program, ~result)).toBe(0);
  });
});
