import { styleText } from "node:util";
import { showFactValue } from "../facts/value.ts";
import { type Cause, retryableCauses } from "../protocol/cause.ts";
import type { CostEstimate, ExplainedRule, Explanation } from "../runtime/plan/explain.ts";
import { type Paint, sectionsBeside } from "./explanation-sections.ts";

/** Lines are no longer than this, words that are longer apart. */
const widest = 100;
/** So many rules are listed before "… 960 more"; the JSON has them all. */
const rulesShown = 40;
/** So many lines of any other list. */
const linesShown = 24;

const marks = { true: "✓", false: "·", unknown: "?", "not reached": " " } as const;

/** An explanation for a person: the decision first, then why, then each rule's verdict, then what else there is to say. */
export function explanationText(explanation: Explanation, color: boolean): string {
  const paint: Paint = (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const sections = [
    decisionLines(explanation, paint),
    [paint("bold", "Rules"), ...ruleLines(explanation, paint)],
    ...sectionsBeside(explanation, paint).map(([title, ...lines]) => [
      title ?? "",
      ...capped(lines, linesShown),
    ]),
  ];
  return `${sections.map((lines) => lines.flatMap(wrapped).join("\n")).join("\n\n")}\n`;
}

function decisionLines(explanation: Explanation, paint: Paint): readonly string[] {
  const { decision, policy, estimate, trace } = explanation;
  const { rule } = decision;
  const line = rule === null ? "" : ` (line ${rule.line})`;
  const outcome =
    decision.kind === "reject"
      ? [`reject ${decision.status}: ${decision.message}`]
      : decision.steps.map(stepText);
  const decided = trace.find(({ result }) => result === "true");
  return [
    `${policy.name}@${policy.hash}`,
    `${paint("bold", rule?.id ?? "no rule")}${line} decides:`,
    ...outcome.map((text, index) => `  ${index === 0 ? paint("green", text) : `then ${text}`}`),
    ...(decided === undefined ? [] : [`  why: ${decided.why}`]),
    ...(estimate === null ? [] : estimateLines(estimate)),
  ];
}

function stepText(step: {
  readonly target: string | null;
  readonly on: readonly string[];
}): string {
  const target = step.target ?? "(no candidate)";
  return step.on.length === 0 ? target : `${target} on ${causesText(step.on)}`;
}

/** Causes as a policy writes them: `retryable or bad_output`. */
function causesText(on: readonly string[]): string {
  const isRetryable = [...retryableCauses].every((cause) => on.includes(cause));
  if (!isRetryable) return on.join(" or ");
  const rest = on.filter((cause) => !retryableCauses.has(cause as Cause));
  return ["retryable", ...rest].join(" or ");
}

function estimateLines({ target, cost, worst, ...tokens }: CostEstimate): readonly string[] {
  const { promptTokens, completionTokens } = tokens;
  const output =
    completionTokens === null ? "" : ` and at most ${completionTokens} completion tokens`;
  const size = promptTokens === null ? "" : `: ${promptTokens} prompt tokens${output}`;
  const first =
    cost === null
      ? whyNoCost(target, promptTokens)
      : `at most ${dollars(cost)} at ${target}${size}`;
  const time = showFactValue({ kind: "duration" }, Math.round(worst.timeMs));
  const attempts = worst.attempts === 1 ? "1 attempt" : `${worst.attempts} attempts`;
  const most =
    worst.cost === null ? "no bound on the cost is known" : `at most ${dollars(worst.cost)}`;
  return [`  ${first}`, `  the whole plan at worst: ${attempts}, ${time}, ${most}`];
}

function whyNoCost(target: string, promptTokens: number | null): string {
  if (promptTokens === null) return "the prompt's tokens are not known, so neither is the cost";
  return `no price, or no bound on the answer, is known for ${target}`;
}

/** Dollars to at least two and at most six digits after the point. */
function dollars(amount: number): string {
  const text = amount.toFixed(6).replace(/0{1,4}$/, "");
  return amount > 0 && Number(text) === 0 ? "less than $0.000001" : `$${text}`;
}

/** The first rules in order, and the one that decides wherever it stands. */
function ruleLines({ trace }: Explanation, paint: Paint): readonly string[] {
  const decided = trace.findIndex(({ result }) => result === "true");
  const isFar = decided >= rulesShown;
  const first = trace.slice(0, isFar ? rulesShown - 1 : rulesShown);
  const shown = isFar ? [...first, trace[decided] as ExplainedRule] : first;
  const width = Math.max(0, ...shown.map(({ rule }) => Math.min(rule.length, 40)));
  const lines = shown.map(({ rule, line, result, why }) => {
    const head = `${marks[result]} ${rule.padEnd(width)}  line ${String(line).padEnd(4)} ${result.padEnd(11)} `;
    return result === "true" ? paint("green", `${head}${why}`) : `${head}${why}`;
  });
  if (trace.length === shown.length) return lines.map(indented);
  const before = decided - first.length;
  const gap = isFar && before > 0 ? [`… ${before} more`] : [];
  const after = trace.length - shown.length - (isFar ? before : 0);
  const rest = after > 0 ? [`… ${after} more`] : [];
  const all = isFar
    ? [...lines.slice(0, -1), ...gap, ...lines.slice(-1), ...rest]
    : [...lines, ...rest];
  return all.map(indented);
}

const indented = (line: string): string => `  ${line}`;

function capped(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most), `  … ${lines.length - most} more`];
}

/** A line cut at its spaces, what follows indented two further than it. Colours are single words of no width to speak of. */
function wrapped(line: string): readonly string[] {
  if (line.length <= widest) return [line.trimEnd()];
  const indent = " ".repeat((/^ */.exec(line)?.[0].length ?? 0) + 4);
  const lines: string[] = [];
  let left = line;
  while (left.length > widest) {
    const space = left.lastIndexOf(" ", widest);
    if (space <= indent.length) break;
    lines.push(left.slice(0, space).trimEnd());
    left = `${indent}${left.slice(space + 1)}`;
  }
  return [...lines, left.trimEnd()];
}
