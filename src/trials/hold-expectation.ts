import { assertNever } from "../base/assert.ts";
import { showFactValue } from "../facts/value.ts";
import type { Expectation } from "../language/checker/checked-policy.ts";
import { evaluateTargetCondition } from "../language/interpreter/target-condition.ts";
import type { ExplainInputs } from "../runtime/plan/explain.ts";
import { compare } from "../runtime/plan/guard-keeper.ts";
import { readTarget } from "../runtime/plan/read-target.ts";
import {
  type Decided,
  decisionWords,
  targetsReached,
  targetsTried,
  worstOf,
} from "./decide-request.ts";
import { missingOptions } from "./hold-options.ts";
import type { Expected } from "./trial.ts";

type Of<Kind extends Expectation["kind"]> = Extract<Expectation, { readonly kind: Kind }>;

/** What came instead of what was expected, to follow "but"; null where the expectation is met. */
export function unmet(expected: Expected, decided: Decided, inputs: ExplainInputs): string | null {
  switch (expected.kind) {
    case "chain":
    case "exactly":
      return unmetChain(expected, decided);
    case "reject": {
      const { status } = expected;
      const meets = decided.status !== null && (status === null || status === decided.status);
      return meets ? null : `the decision is \`${decisionWords(decided)}\``;
    }
    case "rule": {
      const id = decided.rule?.id ?? "no rule";
      return id === expected.id ? null : `\`${id}\` decides: \`${decisionWords(decided)}\``;
    }
    case "bound":
      return unmetBound(expected, decided, inputs);
    case "targets":
      return unmetTargets(expected, decided, inputs);
    case "options":
      return decided.plan === null || decided.status !== null
        ? `the decision is \`${decisionWords(decided)}\``
        : missingOptions(expected.options, decided.plan);
    case "guard":
      return unmetGuard(expected, decided);
    default:
      return assertNever(expected);
  }
}

function unmetChain(
  { kind, targets }: { readonly kind: "chain" | "exactly"; readonly targets: readonly string[] },
  decided: Decided,
): string | null {
  const tried = targetsTried(decided);
  const isLong = kind === "chain" || tried.length === targets.length;
  const meets = isLong && targets.every((target, at) => tried[at] === target);
  return meets && decided.status === null ? null : `the decision is \`${decisionWords(decided)}\``;
}

function unmetBound(
  { of, op, value }: Of<"bound">,
  decided: Decided,
  inputs: ExplainInputs,
): string | null {
  const worst = worstOf(decided, inputs);
  const figure = { cost: worst.cost, time: worst.timeMs, attempts: worst.attempts }[of];
  if (figure === null) {
    return "nothing bounds it: a target has no known price, or no ceiling on what it writes";
  }
  if (compare(figure, op, value)) return null;
  const type = { cost: { kind: "money" }, time: { kind: "duration" }, attempts: { kind: "whole" } }[
    of
  ] as { readonly kind: "money" | "duration" | "whole" };
  return `${of} can be ${showFactValue(type, figure)}`;
}

/** Of every target, what is not known to hold does not; of none, what is not known not to hold does. */
function unmetTargets(
  { of, condition }: Of<"targets">,
  decided: Decided,
  inputs: ExplainInputs,
): string | null {
  const present = { ...inputs, outputCeiling: inputs.maxTokens };
  const wanted = of === "every" ? "true" : "false";
  for (const name of targetsReached(decided)) {
    const target = inputs.targets.get(name);
    const verdict =
      target === undefined
        ? "unknown"
        : evaluateTargetCondition(condition, inputs.readOperand, (question) =>
            readTarget(question, target, present),
          );
    if (verdict !== wanted) {
      const how = verdict === "unknown" ? "it is not known of" : `it is ${verdict} of`;
      return `${how} \`${name}\`, which the plan can reach`;
    }
  }
  return null;
}

function unmetGuard({ guard, acts }: Of<"guard">, { guards }: Decided): string | null {
  const plain = (text: string): string => text.trim().replaceAll(/\s+/g, " ");
  const acting = guards.filter((text) => guard === null || plain(text).startsWith(plain(guard)));
  if (acting.length > 0 === acts) return null;
  if (guards.length === 0) return "no guard had anything to do";
  return `these acted: ${guards.map((text) => `\`${text}\``).join(", ")}`;
}
