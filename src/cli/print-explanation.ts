import type { Explanation } from "../runtime/plan/explain.ts";
import { explanationText } from "./explanation-text.ts";
import { wantsColor } from "./output.ts";

/** Prints an explanation for a person, in colour on a terminal. */
export function printExplanation(explanation: Explanation): void {
  process.stdout.write(explanationText(explanation, wantsColor(process.stdout)));
}
