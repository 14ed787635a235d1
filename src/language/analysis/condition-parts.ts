import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Branch, CheckedPolicy, Condition } from "../checker/checked-policy.ts";

/** A condition that tests one operand. */
export type Atom = Exclude<Condition, { readonly kind: "constant" | "not" | "and" | "or" }>;

/** Every test in a condition, from left to right. */
export function* atomsOf(condition: Condition): Generator<Atom> {
  switch (condition.kind) {
    case "constant":
      break;
    case "not":
      yield* atomsOf(condition.of);
      break;
    case "and":
    case "or":
      for (const part of condition.of) yield* atomsOf(part);
      break;
    default:
      yield condition;
  }
}

/** The operands that a condition tests. */
export function operandsOf(condition: Condition | null): ReadonlySet<number> {
  const operands = new Set<number>();
  if (condition !== null) for (const { operand } of atomsOf(condition)) operands.add(operand);
  return operands;
}

/**
 * Where a finding about a branch is shown: at its condition where that stands in the branch, and not in a let, else at the
 * branch.
 */
export function headOf({ branches }: Pick<CheckedPolicy, "branches">, branch: number): Span {
  const { condition, span } = branches[branch] as Branch;
  if (condition === null || condition.kind === "constant") return span;
  return isWithin(condition.span, span) ? condition.span : span;
}

/** Whether one place lies in another. */
export function isWithin(inner: Span, outer: Span): boolean {
  return inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;
}
