import type { CheckedAlso, CheckedGuard, CheckedPolicy } from "../checker/checked-policy.ts";
import { evaluateCondition, type ReadOperand } from "./interpret.ts";

/** The reference semantics of what stands beside the rules: alsos whose condition is true, guards whose `when` is not false. */
export function besideRules(
  policy: Pick<CheckedPolicy, "alsos" | "guards">,
  read: ReadOperand,
): { readonly alsos: readonly CheckedAlso[]; readonly guards: readonly CheckedGuard[] } {
  return {
    alsos: policy.alsos.filter(({ condition }) => evaluateCondition(condition, read) === "true"),
    guards: policy.guards.filter(
      ({ when }) => when === null || evaluateCondition(when, read) !== "false",
    ),
  };
}
