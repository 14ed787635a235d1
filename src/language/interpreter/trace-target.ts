import type { FactValue, Operand } from "../../facts/fact.ts";
import type { TargetCondition, TargetExpression } from "../checker/checked-policy.ts";
import type { ReadOperand, Verdict } from "./interpret.ts";
import { valueWords } from "./sight.ts";
import {
  evaluateExpression,
  evaluateTargetCondition,
  type ReadTarget,
} from "./target-condition.ts";
import { expressionWords, targetConditionWords, typeOf } from "./target-words.ts";

/** What a condition on a target is evaluated with. */
export interface TargetSight {
  readonly operands: readonly Operand[];
  readonly readOperand: ReadOperand;
  readonly readTarget: ReadTarget;
}

type TargetTest = Exclude<TargetCondition, { readonly kind: "not" | "and" | "or" }>;

/** What settled a condition for one target, in words: `region is eu` is false: region is us. */
export function whyOfTarget(condition: TargetCondition, sight: TargetSight): string {
  return settling(condition, sight)
    .map((test) => reasonOf(test, sight))
    .join("; ");
}

function verdictOf(condition: TargetCondition, { readOperand, readTarget }: TargetSight): Verdict {
  return evaluateTargetCondition(condition, readOperand, readTarget);
}

/** The tests that alone give a condition its verdict, as in a trace of rules. */
function settling(condition: TargetCondition, sight: TargetSight): readonly TargetTest[] {
  switch (condition.kind) {
    case "not":
      return settling(condition.of, sight);
    case "and":
    case "or": {
      const result = verdictOf(condition, sight);
      const deciding = condition.of.filter((part) => verdictOf(part, sight) === result);
      const oneIsEnough =
        result === "unknown" || result === (condition.kind === "or" ? "true" : "false");
      return (oneIsEnough ? deciding.slice(0, 1) : deciding).flatMap((part) =>
        settling(part, sight),
      );
    }
    default:
      return [condition];
  }
}

function reasonOf(test: TargetTest, sight: TargetSight): string {
  const words = targetConditionWords(test, sight.operands);
  if (test.kind === "constant") return `always ${words}`;
  const sides = test.kind === "compare" ? [test.left, test.right] : [test.of];
  const seen = sides
    .filter(({ kind }) => kind !== "literal")
    .map((side) => `${expressionWords(side, sight.operands)} is ${shown(side, sight)}`);
  return `\`${words}\` is ${verdictOf(test, sight)}: ${seen.join(", ")}`;
}

function shown(expression: TargetExpression, sight: TargetSight): string {
  const value: FactValue | undefined = evaluateExpression(
    expression,
    sight.readOperand,
    sight.readTarget,
  );
  return value === undefined ? "unknown" : valueWords(typeOf(expression, sight.operands), value);
}
