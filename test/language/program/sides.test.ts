import fc from "fast-check";
import { expect, test } from "vitest";
import { decideBesideAlone } from "../../../src/extract/decide.ts";
import type { CheckedGuard, CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { lower } from "../../../src/language/graph/lower.ts";
import { besideRules } from "../../../src/language/interpreter/beside.ts";
import { compile } from "../../../src/language/program/compile.ts";
import { createFrame } from "../../../src/language/program/frame.ts";
import { pack, unpack } from "../../../src/language/program/transfer.ts";
import { putFact } from "../../support/decide.ts";
import { policyAndFacts } from "../../support/random-policy.ts";

const span = { file: "x.policy", start: 0, end: 0 };

/** A policy whose conditions stand beside the rules as well: each in an also and in a guard. */
function withSides(policy: CheckedPolicy): CheckedPolicy {
  const conditions = policy.branches.flatMap(({ condition }) => condition ?? []);
  return {
    ...policy,
    alsos: conditions.map((condition, at) => ({
      ...{ id: `also-${at}`, condition, options: { tags: [String(at)] }, line: 1, span },
    })),
    guards: [...conditions, null].map(
      (when, at): CheckedGuard => ({
        ...{ kind: "ensure", id: `guard-${at}`, text: String(at), when, span },
        requirement: { kind: "has", what: "fallback" },
      }),
    ),
  };
}

test("what stands beside the rules counts by the table as by the reference, after a change of threads too", () => {
  fc.assert(
    fc.property(policyAndFacts(), ({ policy: plain, requests }) => {
      const policy = withSides(plain);
      const program = unpack(pack(compile(policy, lower(policy))));
      for (const facts of requests) {
        const frame = createFrame(facts.length);
        for (const [operand, value] of facts.entries()) putFact(frame, operand, value);
        const beside = decideBesideAlone(program, frame);
        const reference = besideRules(policy, (operand) => facts[operand]);
        expect(beside.alsos).toEqual(reference.alsos.map(({ options }) => options));
        expect(beside.guards.map(({ id }) => id)).toEqual(reference.guards.map(({ id }) => id));
      }
    }),
    { numRuns: 200 },
  );
});

test("a guard that is proved is left to its proof", () => {
  const { policy } = fc.sample(policyAndFacts(), 1)[0]!;
  const guarded = withSides(policy);
  const program = compile(guarded, lower(guarded), new Set(["guard-0"]));
  expect(program.guards.map(({ guard }) => guard.id)).not.toContain("guard-0");
});
