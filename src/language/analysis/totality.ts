import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { createSpace } from "./space.ts";
import { aRequest } from "./words.ts";
import type { SpaceLimits } from "./work.ts";

/** Whether every request has an outcome, and the policy with its end closed where that is proven. */
export interface Totality {
  readonly diagnostics: readonly Diagnostic[];
  readonly policy: CheckedPolicy;
}

/**
 * Every request gets an outcome, or the policy does not compile (LANGUAGE §1.3): an error names a request that gets none, or
 * says that it could not be decided. Free of cost for a policy whose last word takes everything.
 */
export function checkTotality(
  policy: CheckedPolicy,
  vocabulary: Vocabulary,
  limits: Partial<SpaceLimits> = {},
): Totality {
  const last = policy.branches.at(-1);
  if (last === undefined || policy.branches.some(({ condition }) => isAlways(condition))) {
    return { diagnostics: [], policy };
  }
  const found = createSpace(policy, vocabulary, limits).uncovered();
  if (found.kind === "none") return { diagnostics: [], policy: close(policy) };
  const span = endOf(policy.rules.at(-1)?.span ?? last.span);
  const help = "end the file with `otherwise …`, or the last rule with `else …`";
  const diagnostic =
    found.kind === "found"
      ? makeDiagnostic("P0401", span, `${aRequest(found.witness)} has no outcome`, {
          label: "no rule follows",
          help,
        })
      : makeDiagnostic("P0421", span, "whether every request has an outcome could not be decided", {
          label: found.why,
          help,
        });
  return { diagnostics: [diagnostic], policy };
}

/** Whether a condition is true of every request by its form alone. */
function isAlways(condition: Condition | null): boolean {
  return condition === null || (condition.kind === "constant" && condition.value);
}

/**
 * No request reaches the end, yet a replay may lack what every request has: such a record is rejected, by the interpreter and
 * by the table alike.
 */
function close(policy: CheckedPolicy): CheckedPolicy {
  const last = policy.rules.at(-1);
  const span = endOf(last?.span ?? { file: "", start: 0, end: 0 });
  const rule = { id: "otherwise", name: null, line: last?.line ?? 1, span, implied: true } as const;
  const message = "no rule takes a request of which so little is known";
  return {
    ...policy,
    rules: [...policy.rules, rule],
    branches: [
      ...policy.branches,
      {
        rule: policy.rules.length,
        condition: null,
        action: { kind: "reject", status: 500, message, span },
        span,
      },
    ],
  };
}

/** The last character of a span: where something is missing. */
function endOf(span: Span): Span {
  return { ...span, start: Math.max(span.start, span.end - 1) };
}
