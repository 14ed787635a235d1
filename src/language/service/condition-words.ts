import type { Operand } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";
import { within } from "../interpreter/target-words.ts";
import { testWords } from "../interpreter/trace.ts";

/** A condition as a policy could write it, its lets filled in: `tokens < 200 and intent is classify`. */
export function conditionWords(condition: Condition, operands: readonly Operand[]): string {
  switch (condition.kind) {
    case "constant":
      return String(condition.value);
    case "not":
      return `not ${within("not", condition.of, conditionWords(condition.of, operands))}`;
    case "and":
    case "or":
      return condition.of
        .map((part) => within(condition.kind, part, conditionWords(part, operands)))
        .join(` ${condition.kind} `);
    case "compare": {
      const operand = operands[condition.operand] as Operand;
      // What is true or false by itself reads better bare: `stream`, `not prompt matches /x/`.
      if (operand.type.kind !== "boolean") return testWords(condition, operand);
      return (condition.op === "=") === condition.value ? operand.key : `not ${operand.key}`;
    }
    default:
      return testWords(condition, operands[condition.operand] as Operand);
  }
}
