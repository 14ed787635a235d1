import { assertNever } from "../../base/assert.ts";
import type { FactType, FactValue, Operand } from "../../facts/fact.ts";
import { showFactValue } from "../../facts/value.ts";
import type { CheckedPolicy, Condition, RuleInfo } from "../checker/checked-policy.ts";
import { asWritten } from "../checker/written.ts";
import { interpret, known, type ReadOperand, type Verdict } from "./interpret.ts";
import { evaluateSeen, evaluateTest, isOpen, operandWords, type See, type Test } from "./sight.ts";

/** How one branch fared, and the sub-condition that settled it with the value it saw. */
export interface BranchTrace {
  readonly branch: number;
  readonly rule: RuleInfo;
  readonly result: Verdict | "not reached";
  readonly why: string;
}

/** A sub-condition that settled a verdict by itself. */
export type Settled = Test | Extract<Condition, { readonly kind: "constant" }>;

/** What is known of operands of which a value is known or nothing at all. */
export function seeing(read: ReadOperand): See {
  return (operand) => {
    const value = known(read(operand));
    return value === undefined ? { kind: "unknown" } : { kind: "known", value };
  };
}

/**
 * Every branch of a policy in source order, with its verdict up to the one that decides and "not reached" after it. Where
 * not all was asked for, `decided` is the branch taken: what nobody asked for has no part in it.
 */
export function traceSeen(
  policy: Pick<CheckedPolicy, "branches" | "rules" | "operands">,
  see: See,
  decided: number,
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
    const result = condition === null ? "true" : evaluateSeen(condition, see);
    const why = whyOf(condition, policy.operands, see);
    if (branch !== decided) {
      lines.push({ branch, rule, result, why });
      continue;
    }
    const whatever = result === "true" ? why : "true whatever was not read";
    lines.push({ branch, rule, result: "true", why: whatever });
    decidedBy = rule;
  }
  return lines;
}

/** The trace of a policy whose operands are each known or not; `read` answers as for `interpret`. */
export function trace(
  policy: Pick<CheckedPolicy, "branches" | "rules" | "operands">,
  read: ReadOperand,
): BranchTrace[] {
  return traceSeen(policy, seeing(read), interpret(policy, read));
}

/** What settled a condition, in words; "always" for none. */
export function whyOf(condition: Condition | null, operands: readonly Operand[], see: See): string {
  if (condition === null) return "always";
  return settling(condition, see)
    .map((part) => reasonOf(part, operands, see))
    .join("; ");
}

/** The tests that alone give a condition its verdict: the first one where one is enough, all where all are needed. */
export function settling(condition: Condition, see: See): readonly Settled[] {
  switch (condition.kind) {
    case "not":
      return settling(condition.of, see);
    case "and":
    case "or": {
      const result = evaluateSeen(condition, see);
      const deciding = condition.of.filter((part) => evaluateSeen(part, see) === result);
      const oneIsEnough =
        result === "unknown" || result === (condition.kind === "or" ? "true" : "false");
      return (oneIsEnough ? deciding.slice(0, 1) : deciding).flatMap((part) => settling(part, see));
    }
    default:
      return [condition];
  }
}

function reasonOf(condition: Settled, operands: readonly Operand[], see: See): string {
  if (condition.kind === "constant") return `always ${condition.value}`;
  const operand = operands[condition.operand] as Operand;
  const sight = see(condition.operand);
  const holds = isOpen(condition, sight) ? "open" : evaluateTest(condition, sight);
  const actual = operandWords(operand, sight);
  return `\`${testWords(condition, operand)}\` is ${holds}: ${operand.key} is ${actual}`;
}

/** Most values of one list that are spelled out before "and 3 more". */
const spelledValues = 20;

/** A test of one operand as a policy writes it, e.g. `tokens < 200`, `team in [search, ads]`. */
export function testWords(condition: Test, operand: Operand): string {
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
