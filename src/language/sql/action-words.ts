import type { Operand } from "../../facts/fact.ts";
import type { Action } from "../checker/checked-policy.ts";
import { optionWords, stepWords } from "../service/plan-words.ts";
import { writeText } from "../syntax/escapes.ts";

export interface ActionWords {
  /** As the language writes it: `claude fallback qwen with timeout 10s`, `reject 413`. */
  readonly plan: string;
}

/** An action in the words of the language, on one line. */
export function actionWords(action: Action, operands: readonly Operand[]): ActionWords {
  if (action.kind === "reject") {
    const message = action.message === "" ? "" : ` ${writeText(action.message)}`;
    return { plan: `reject ${action.status}${message}` };
  }
  const steps = action.steps.map((step) => stepWords(step, operands));
  const options = optionWords(action.options, operands);
  return {
    plan: [...steps, ...(options.length === 0 ? [] : [`with ${options.join(", ")}`])].join(" "),
  };
}
