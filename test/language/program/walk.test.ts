import fc from "fast-check";
import { expect, test } from "vitest";
import type { CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { type LoweringLimits, lower } from "../../../src/language/graph/lower.ts";
import { interpret } from "../../../src/language/interpreter/interpret.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { type Bounds, decideByTable, decideLazily, isNeeded } from "../../support/decide.ts";
import {
  type Facts,
  policyAndFacts,
  randomFacts,
  randomPolicy,
  tellingValues,
} from "../../support/random-policy.ts";

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
