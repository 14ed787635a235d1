import { assertNever } from "../../base/assert.ts";
import type { Action, Branch, CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import { writeText } from "../syntax/escapes.ts";
import { conditionWords } from "./condition-words.ts";
import type { DrawnRow, DrawnRule } from "./drawing.ts";
import { optionWords, stepWords } from "./plan-words.ts";

/** Longest text of one condition that is shown whole. */
const longestCondition = 400;

/** The row of one branch, or of several whose plans are the same: `branches` in source order, never empty. */
export function drawRow(
  policy: CheckedPolicy,
  branches: readonly number[],
  { alsos, reached }: Pick<DrawnRow, "alsos" | "reached">,
): DrawnRow {
  const [first = 0] = branches;
  const { condition, action } = policy.branches[first] as Branch;
  const isPlan = action.kind === "plan";
  return {
    id: `b${first}`,
    kind: action.kind,
    rules: branches.map((branch) => ruleOf(policy, branch)),
    condition: branches.length > 1 || condition === null ? null : shortWords(condition, policy),
    steps: stepsOf(action, policy),
    options: isPlan ? optionWords(action.options, policy.operands) : [],
    alsos: isPlan ? alsos : [],
    reached,
  };
}

/** A key that two branches share when they do the same. */
export function actionKey(policy: CheckedPolicy, { action }: Branch): string {
  const options = action.kind === "plan" ? optionWords(action.options, policy.operands) : [];
  return JSON.stringify([stepsOf(action, policy), options]);
}

function ruleOf({ branches, rules }: CheckedPolicy, branch: number): DrawnRule {
  const { rule, condition } = branches[branch] as Branch;
  const { id = "", name = null, line = 0 } = rules[rule] ?? {};
  const isFirst = branches[branch - 1]?.rule !== rule;
  const whole = condition === null ? "otherwise" : "if";
  const further = condition === null ? "else" : "else if";
  return { id, name, line, arm: isFirst ? whole : further };
}

function stepsOf(action: Action, { operands }: CheckedPolicy): string[] {
  switch (action.kind) {
    case "reject": {
      const message = action.message === "" ? "" : ` ${writeText(action.message)}`;
      return [`reject ${action.status}${message}`];
    }
    case "plan":
      return action.steps.map((step) => stepWords(step, operands));
    default:
      return assertNever(action);
  }
}

/** A condition in words, cut where it is too long to be read in a picture. */
export function shortWords(condition: Condition, { operands }: CheckedPolicy): string {
  const words = conditionWords(condition, operands);
  return words.length > longestCondition ? `${words.slice(0, longestCondition)}…` : words;
}
