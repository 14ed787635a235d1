import { styleText } from "node:util";
import { type Cause, retryableCauses } from "../protocol/cause.ts";
import type { Explanation } from "../runtime/plan/explain.ts";
import { printLine, wantsColor } from "./output.ts";

type Style = Parameters<typeof styleText>[0];

const marks = { true: "✓", false: "·", unknown: "?", "not reached": " " } as const;

/** An explanation for a person: the decision first, then every rule's verdict and what settled it. */
export function printExplanation(explanation: Explanation): void {
  const color = wantsColor(process.stdout);
  const paint = (style: Style, text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const { decision, policy, estimate } = explanation;
  printLine(`${policy.name}@${policy.hash}`);
  const outcome =
    decision.kind === "reject"
      ? `reject ${decision.status} ${decision.message}`
      : decision.steps.map(stepText).join("\n  then ");
  printLine(`${paint("bold", decision.rule?.id ?? "no rule")} decides:`);
  printLine(`  ${outcome}`);
  if (estimate !== null) printLine(`  ${estimateText(estimate)}`);
  printLine();
  const width = Math.max(...explanation.trace.map(({ rule }) => rule.length));
  for (const { rule, line, result, why } of explanation.trace) {
    const text = `${marks[result]} ${rule.padEnd(width)}  line ${String(line).padEnd(4)} ${result.padEnd(11)} ${why}`;
    printLine(result === "true" ? paint("green", text) : text);
  }
}

function stepText(
  step: { readonly target: string | null; readonly on: readonly string[] },
  index: number,
): string {
  const target = step.target ?? "(no candidate)";
  return index === 0 || step.on.length === 0 ? target : `${target} on ${causesText(step.on)}`;
}

/** Causes as a policy writes them: `retryable or bad_output`. */
function causesText(on: readonly string[]): string {
  const isRetryable = [...retryableCauses].every((cause) => on.includes(cause));
  if (!isRetryable) return on.join(" or ");
  const rest = on.filter((cause) => !retryableCauses.has(cause as Cause));
  return ["retryable", ...rest].join(" or ");
}

function estimateText(estimate: NonNullable<Explanation["estimate"]>): string {
  const { target, cost, promptTokens, completionTokens } = estimate;
  if (cost === null) return `no price is known for ${target}`;
  const output =
    completionTokens === null ? "" : ` and at most ${completionTokens} completion tokens`;
  return `at most $${cost.toFixed(6)} at ${target}: ${promptTokens} prompt tokens${output}`;
}
