import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Branch, CheckedPolicy } from "../checker/checked-policy.ts";

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
