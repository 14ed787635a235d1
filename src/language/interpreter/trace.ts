import { assertNever } from "../../base/assert.ts";
import type { FactType, FactValue, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { CheckedPolicy, Condition, RuleInfo } from "../checker/checked-policy.ts";
import { asWritten } from "../checker/written.ts";
import { evaluateCondition, known, type ReadOperand, type Verdict } from "./interpret.ts";

/** How one branch fared, and the sub-condition that settled it with the value it saw. */
export interface BranchTrace {
  readonly branch: number;
  readonly rule: RuleInfo;
  readonly result: Verdict | "not reached";
  readonly why: string;
}

type Settled = Exclude<Condition, { readonly kind: "not" | "and" | "or" }>;

/**
 * Every branch of a policy in source order, with its verdict up to the one that decides and "not reached" after it.
 * `read` answers as for `interpret`.
 */
export function trace(
  policy: Pick<CheckedPolicy, "branches" | "rules" | "operands">,
  read: ReadOperand,
): BranchTrace[] {
  const lines: BranchTrace[] = [];
  let decidedBy: RuleInfo | null = null;
  for (const [branch, { rule: index, condition }] of policy.branches.entries()) {
    const rule = policy.rules[index] as RuleInfo;
    if (decidedBy !== null) {
      const why =
        decidedBy === rule ? "an earlier arm of this rule decides" : `${decidedBy.id} decides`;
      lines.push({ branch, rule, result: "not reached", why });
      continue;
    }
    const result = condition === null ? "true" : evaluateCondition(condition, read);
    const why =
      condition === null
        ? "always"
        : settling(condition, read)
            .map((part) => reasonOf(part, policy.operands, read))
            .join("; ");
    lines.push({ branch, rule, result, why });
    if (result === "true") decidedBy = rule;
  }
  return lines;
}

/** The tests that alone give a condition its verdict: the first one where one is enough, all where all are needed. */
function settling(condition: Condition, read: ReadOperand): Settled[] {
  switch (condition.kind) {
    case "not":
      return settling(condition.of, read);
    case "and":
    case "or": {
      const result = evaluateCondition(condition, read);
      const deciding = condition.of.filter((part) => evaluateCondition(part, read) === result);
      const oneIsEnough =
        result === "unknown" || result === (condition.kind === "or" ? "true" : "false");
      return (oneIsEnough ? deciding.slice(0, 1) : deciding).flatMap((part) =>
        settling(part, read),
      );
    }
    default:
      return [condition];
  }
}

function reasonOf(condition: Settled, operands: readonly Operand[], read: ReadOperand): string {
  if (condition.kind === "constant") return `always ${condition.value}`;
  const operand = operands[condition.operand] as Operand;
  const value = known(read(condition.operand));
  const actual = value === undefined ? "unknown" : showFactValue(operand.type, value);
  const test = testWords(condition, operand);
  const holds = evaluateCondition(condition, read);
  return `\`${test}\` is ${holds}: ${operand.key} is ${actual}`;
}

/** Most values of one list that are spelled out before "and 3 more". */
const spelledValues = 20;

/** A test of one operand as a policy writes it, e.g. `tokens < 200`, `team in [search, ads]`. */
export function testWords(
  condition: Exclude<Settled, { readonly kind: "constant" }>,
  operand: Operand,
): string {
  const shown = (value: FactValue): string =>
    operand.type.kind === "text" ? asWritten(String(value)) : showFactValue(operand.type, value);
  switch (condition.kind) {
    case "compare":
      return `${operand.key} ${wordOf(condition.op, operand.type)} ${shown(condition.value)}`;
    case "in":
      return amongWords(condition, operand, shown);
    case "is-unknown":
      return `${operand.key} is unknown`;
    case "is-not-false":
      return `${operand.key} is not false`;
    default:
      return assertNever(condition);
  }
}

function amongWords(
  { values, ranges }: Extract<Condition, { readonly kind: "in" }>,
  { key, shape }: Operand,
  shown: (value: FactValue) => string,
): string {
  const all = values.length + ranges.length;
  const few = values.slice(0, spelledValues).map(shown);
  const spans = ranges
    .slice(0, spelledValues - few.length)
    .map(({ from, to }) => `${shown(from)}..${shown(to)}`);
  const left = all - few.length - spans.length;
  if (all === 1 && spans.length === 1) {
    return shape.kind === "local"
      ? `${shape.fact} in ${spans[0]} ${shape.zone}`
      : `${key} in ${spans[0]}`;
  }
  const more = left === 0 ? [] : [`and ${left} more`];
  return `${key} in [${[...few, ...spans, ...more].join(", ")}]`;
}

function wordOf(op: string, type: FactType): string {
  if (type.kind !== "text" && type.kind !== "boolean") return op;
  return op === "=" ? "is" : "is not";
}
