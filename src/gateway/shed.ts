import type { ApiProblem } from "../protocol/api-error.ts";
import type { Priority } from "../runtime/overload/admission.ts";
import type { Core } from "./core.ts";
import { problems } from "./problems.ts";

/** The answer to work that is not begun because there is too much of it, counted; null where it is. Priority null: not known yet. */
export function shed({ admission, metrics }: Core, priority: Priority | null): ApiProblem | null {
  const reason = admission.shed(priority);
  if (reason === null) return null;
  metrics.shed(reason, priority ?? "unknown");
  return problems.overloaded();
}
