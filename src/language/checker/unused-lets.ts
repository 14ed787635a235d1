import { lookUpTargetFact } from "../../facts/target-facts.ts";
import type { Expression } from "../syntax/ast.ts";
import { readCondition } from "./conditions.ts";
import type { Context } from "./context.ts";
import { readSide } from "./sides.ts";
import type { Mode } from "./typed.ts";

/** Checks the lets that no rule mentions as well, so that a library's mistakes show where they are. */
export function checkUnusedLets(context: Context): void {
  for (const [name, { value }] of context.scope.lets) {
    if (context.usedLets.has(name)) continue;
    context.letPath.push(name);
    const mode: Mode = readsCandidate(context, value) ? "where" : "rule";
    const side = readSide(context, value, mode);
    if (side?.kind === "condition") readCondition(context, side.of, mode);
    context.letPath.pop();
  }
}

/** Whether an expression can only mean a candidate target, so that it belongs into a `where`. */
function readsCandidate(context: Context, expression: Expression): boolean {
  const pending: Expression[] = [expression];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "name" && namesCandidate(context, next.name.text)) return true;
    if (next.kind === "call" && /^(target[.])?supports$/.test(next.callee.text)) return true;
    pending.push(...partsOf(next));
  }
  return false;
}

function namesCandidate({ scope }: Context, name: string): boolean {
  const isPlain = lookUpTargetFact(name) !== null && !scope.vocabulary.facts.has(name);
  return isPlain || name === "target" || name.startsWith("target.");
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "comparison":
    case "arithmetic":
      return [expression.left, expression.right];
    case "not":
    case "unknown-test":
      return [expression.of];
    case "and":
    case "or":
      return expression.of;
    default:
      return [];
  }
}
