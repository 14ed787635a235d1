import { styleText } from "node:util";
import { showFactValue } from "../facts/value.ts";
import { type Cause, causeWords } from "../protocol/cause.ts";
import type { CostEstimate, ExplainedRule, Explanation } from "../runtime/plan/explain.ts";
import { type Line, sectionsBeside } from "./explanation-sections.ts";

/** Lines are no longer than this, words that are longer apart. */
const widest = 100;
/** So many rules are listed before "… 960 more"; the JSON has them all. */
const rulesShown = 40;
/** So many lines of any other list. */
const linesShown = 24;

const marks = { true: "✓", false: "·", unknown: "?", "not reached": " " } as const;

/** An explanation for a person: the decision first, then why, then each rule's verdict, then what else there is to say. */
export function explanationText(explanation: Explanation, color: boolean): string {
  const sections = [
    decisionLines(explanation),
    [bold("Rules"), ...ruleLines(explanation)],
    ...sectionsBeside(explanation).map(({ title, lines }) => [
      bold(title),
      ...capped(lines, linesShown),
    ]),
  ];
  const text = sections.map((lines) => lines.flatMap((line) => drawn(line, color)).join("\n"));
  return `${text.join("\n\n")}\n`;
}

const bold = (text: string): Line => ({ style: "bold", text });

/** A line as it is printed: cut to the width first, and coloured then. */
function drawn({ style, text }: Line, color: boolean): readonly string[] {
  const lines = wrapped(text);
  if (!color || style === null) return lines;
  return lines.map((line) => styleText(style, line, { validateStream: false }));
}

function decisionLines(explanation: Explanation): readonly Line[] {
  const { decision, policy, estimate, trace } = explanation;
  const { rule } = decision;
  const line = rule === null ? "" : ` (line ${rule.line})`;
  const outcome =
    decision.kind === "reject"
      ? [`reject ${decision.status}: ${decision.message}`]
      : decision.steps.map(stepText);
  const decided = trace.find(({ result }) => result === "true");
  const why = decided?.why === "always" ? "no rule before it was true" : decided?.why;
  return [
    { style: null, text: `${policy.name}@${policy.hash}` },
    bold(`${rule?.id ?? "no rule"}${line} decides:`),
    ...outcome.map(
      (text, index): Line =>
        index === 0
          ? { style: "green", text: `  ${text}` }
          : { style: null, text: `  then ${text}` },
    ),
    ...[...(why === undefined ? [] : [`why: ${why}`]), ...estimateLines(estimate)].map(indented),
  ];
}

function stepText(step: { readonly target: string | null; readonly on: readonly Cause[] }): string {
  const target = step.target ?? "(no candidate)";
  return step.on.length === 0 ? target : `${target} on ${causeWords(step.on)}`;
}

function estimateLines(estimate: CostEstimate | null): readonly string[] {
  if (estimate === null) return [];
  const { target, cost, worst, ...tokens } = estimate;
  const { promptTokens, completionTokens } = tokens;
  const output =
    completionTokens === null ? "" : ` and at most ${completionTokens} completion tokens`;
  const size = promptTokens === null ? "" : `: ${promptTokens} prompt tokens${output}`;
  const first =
    cost === null
      ? whyNoCost(target, promptTokens)
      : `at most ${dollars(cost)} at ${target}${size}`;
  const time = timeWords(worst.timeMs);
  const attempts = worst.attempts === 1 ? "1 attempt" : `${worst.attempts} attempts`;
  const most =
    worst.cost === null ? "no bound on the cost is known" : `at most ${dollars(worst.cost)}`;
  return [first, `the whole plan at worst: ${attempts}, ${time}, ${most}`];
}

/** A time as it is worth telling: whole seconds from ten on. */
function timeWords(ms: number): string {
  const rounded = ms < 10_000 ? Math.round(ms) : Math.round(ms / 1_000) * 1_000;
  return showFactValue({ kind: "duration" }, rounded);
}

function whyNoCost(target: string, promptTokens: number | null): string {
  if (promptTokens === null)
    return "the prompt's tokens are not known, so no cost is: give `tokens`, or have a log record it by `telemetry.facts: [tokens]`";
  return `no price, or no bound on the answer, is known for ${target}`;
}

/** Dollars to at least two and at most six digits after the point. */
function dollars(amount: number): string {
  const text = amount.toFixed(6).replace(/0{1,4}$/, "");
  return amount > 0 && Number(text) === 0 ? "less than $0.000001" : `$${text}`;
}

/** The first rules in order, and the one that decides wherever it stands. */
function ruleLines({ trace }: Explanation): readonly Line[] {
  const decided = trace.findIndex(({ result }) => result === "true");
  const isFar = decided >= rulesShown;
  const first = trace.slice(0, isFar ? rulesShown - 1 : rulesShown);
  const shown = isFar ? [...first, trace[decided] as ExplainedRule] : first;
  const names = armNames(trace);
  const nameOf = (rule: ExplainedRule): string => names.get(rule) ?? rule.rule;
  const width = Math.max(0, ...shown.map((rule) => Math.min(nameOf(rule).length, 40)));
  const lines = shown.map((rule): Line => {
    const { line, result, why } = rule;
    const head = `${marks[result]} ${nameOf(rule).padEnd(width)}  line ${String(line).padEnd(4)} `;
    const text = `${head}${result.padEnd(11)} ${why}`;
    return { style: result === "true" ? "green" : null, text: `  ${text}` };
  });
  const before = isFar ? decided - first.length : 0;
  const after = trace.length - shown.length - before;
  const gap = before > 0 ? [more(before)] : [];
  const rest = after > 0 ? [more(after)] : [];
  return [...lines.slice(0, first.length), ...gap, ...lines.slice(first.length), ...rest];
}

/** What each line of the trace is called: a rule has one for each of its arms, which only the first leaves unsaid. */
function armNames(trace: readonly ExplainedRule[]): ReadonlyMap<ExplainedRule, string> {
  const arms = new Map<string, number>();
  return new Map(
    trace.map((each) => {
      const arm = (arms.get(each.rule) ?? 0) + 1;
      arms.set(each.rule, arm);
      return [each, arm === 1 ? each.rule : `${each.rule}, arm ${arm}`];
    }),
  );
}

const more = (count: number): Line => ({ style: null, text: `  … ${count} more` });

const indented = (text: string): Line => ({ style: null, text: `  ${text}` });

function capped(lines: readonly Line[], most: number): readonly Line[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most), more(lines.length - most)];
}

/** A line cut at its spaces, what follows indented four further than it. */
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
