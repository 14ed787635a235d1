import fc from "fast-check";
import { expect, test } from "vitest";
import { noLiveTargets } from "../../../src/catalog/target-fact.ts";
import { builtInFactTable } from "../../../src/facts/built-in.ts";
import { judgeGuards } from "../../../src/language/analysis/guards.ts";
import { openReasons, residualOf } from "../../../src/language/analysis/reach-verdict.ts";
import { createSpace } from "../../../src/language/analysis/space.ts";
import type { CheckedGuard, CheckedPolicy } from "../../../src/language/checker/checked-policy.ts";
import { evaluateCondition, interpret } from "../../../src/language/interpreter/interpret.ts";
import { evaluateTargetCondition } from "../../../src/language/interpreter/target-condition.ts";
import { readTarget } from "../../../src/runtime/plan/read-target.ts";
import { planDefaults } from "../../support/analysing.ts";
import { randomGuarded, valuesOf } from "../../support/random-guarded.ts";
import { requestOperands, variedTargets } from "../../support/random-target-condition.ts";

const targets = new Map(variedTargets.map((target) => [target.name, target]));
const vocabulary = { targets, facts: builtInFactTable() };
type Never = Extract<CheckedGuard, { readonly kind: "never" }>;

/** Requests on both sides of every small constant, each fact unknown too. */
const everyRequest = [0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 20].flatMap((tokens) =>
  [undefined, 0, 1, 2, 3, 4, 8, 9, 10, 20].flatMap((maxTokens) =>
    ["eu", "us", "elsewhere", undefined].flatMap((team) =>
      [true, false, undefined].map((pii) => valuesOf({ tokens, maxTokens, team, pii })),
    ),
  ),
);

/** A policy of named targets alone, whose every plan is one or two of them. */
function plain(policy: CheckedPolicy): CheckedPolicy {
  const branches = policy.branches.map((branch) => {
    const { action } = branch;
    if (action.kind === "reject") return branch;
    const steps = action.steps.flatMap((step) =>
      step.route.kind === "target" ? [{ ...step, on: [] }] : [],
    );
    const [first = { ...action.steps[0]!, route: { kind: "target", target: "a" } as const }] =
      steps;
    return {
      ...branch,
      action: { ...action, steps: [first, ...steps.slice(1)], options: {} },
    };
  });
  const guards = policy.guards.filter(({ kind }) => kind === "never");
  return { ...policy, branches, alsos: [], guards };
}

function isBroken(policy: CheckedPolicy, guard: Never): boolean {
  return everyRequest.some((values) => {
    const read = (operand: number) => values[operand];
    if (guard.when !== null && evaluateCondition(guard.when, read) === "false") return false;
    const action = policy.branches[interpret(policy, read)]?.action;
    if (action?.kind !== "plan") return false;
    const present = {
      live: noLiveTargets,
      atMs: 0,
      promptTokens: Number(values[0]),
      outputCeiling: typeof values[1] === "number" ? values[1] : null,
    };
    return action.steps.some(({ route }) => {
      const target = route.kind === "target" ? targets.get(route.target) : undefined;
      if (target === undefined) return false;
      const verdict = evaluateTargetCondition(guard.target, read, (question) =>
        readTarget(question, target, present),
      );
      return verdict !== "false";
    });
  });
}

test("over named targets a guard that asks for nothing live is proved or refused, and refused whenever a request breaks it", () => {
  const seen = { proved: 0, refused: 0, enforced: 0 };
  fc.assert(
    fc.property(randomGuarded.map(plain), (policy) => {
      const verdicts = judgeGuards(
        policy,
        createSpace(policy, vocabulary),
        vocabulary,
        planDefaults,
      );
      for (const { guard, verdict, undecided } of verdicts) {
        if (guard.kind !== "never" || undecided === true) continue;
        const isOpen = variedTargets.some((target) => {
          const candidate = {
            target,
            operands: requestOperands,
            ceilings: [null],
            span: guard.span,
          };
          return openReasons(residualOf(guard.target, candidate)).length > 0;
        });
        if (isOpen) continue;
        seen[verdict] += 1;
        expect(verdict).not.toBe("enforced");
        if (isBroken(policy, guard)) expect(verdict).toBe("refused");
      }
    }),
    { numRuns: process.env["SIGNALBOX_LONG"] === "1" ? 5_000 : 150 },
  );
  expect(Math.min(seen.proved, seen.refused)).toBeGreaterThan(10);
});
