import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";
import { makeDiagnostic } from "../../diagnostics/make-diagnostic.ts";
import type { Operand, OperandShape } from "../../facts/fact.ts";
import type {
  Branch,
  CheckedPolicy,
  TargetCondition,
  TargetExpression,
} from "../checker/checked-policy.ts";
import { type Atom, atomsOf, operandsOf } from "../checker/condition-atoms.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { headOf } from "./condition-parts.ts";
import { hull } from "./interval.ts";
import { isBuiltIn } from "./operand-domains.ts";
import type { PolicySpace } from "./space.ts";

/**
 * `tokens` is exact near a constant, but it counts with one tokenizer (o200k) for all; what a target itself counts differs by
 * about so much, in either direction.
 */
export const estimateError = 0.1;

const mostNotes = 20;

/** Boundaries on the prompt's tokens that a target's own count may put on the other side. */
export function findEstimateNotes(
  space: PolicySpace,
  vocabulary: Vocabulary,
): readonly Diagnostic[] {
  const { policy } = space;
  const counted = policy.operands.map(({ shape }) => restsOnTokens(shape, vocabulary));
  if (!counted.includes(true)) return [];
  return [
    ...closeBoundaries(space, counted).slice(0, mostNotes),
    ...nearWindows(space, vocabulary, counted).slice(0, mostNotes),
    ...bareWindows(policy, counted).slice(0, mostNotes),
  ];
}

function restsOnTokens(shape: OperandShape, vocabulary: Vocabulary): boolean {
  if (shape.kind === "fact") return shape.name === "tokens" && isBuiltIn("tokens", vocabulary);
  return (
    shape.kind === "arithmetic" &&
    (restsOnTokens(shape.left, vocabulary) || restsOnTokens(shape.right, vocabulary))
  );
}

/** Boundaries that stand next to each other on a way through the diagram, closer together than the estimate's error. */
function closeBoundaries(
  { policy, graph }: PolicySpace,
  counted: readonly boolean[],
): Diagnostic[] {
  const told = new Set<string>();
  const byOperand = policy.operands.map((_, operand) =>
    counted[operand] === true ? boundariesOf(policy, operand) : null,
  );
  return graph.nodes.flatMap((node) => {
    const boundaries = byOperand[node.operand];
    if (node.kind !== "number" || boundaries === null || boundaries === undefined) return [];
    return node.cuts.slice(1).flatMap(({ value: high }, at) => {
      const low = node.cuts[at]?.value ?? 0;
      const [lower, upper] = [boundaries.get(low), boundaries.get(high)];
      // Two ends of one test are meant.
      if (lower === undefined || upper === undefined || lower === upper) return [];
      const key = `${node.operand} ${low} ${high}`;
      if (low <= 0 || high - low >= high * estimateError || told.has(key)) return [];
      told.add(key);
      const { key: name } = policy.operands[node.operand] as Operand;
      const message = `boundaries at ${low} and ${high} of \`${name}\` lie closer than targets count alike`;
      return makeDiagnostic("P0430", upper, message, {
        label: "a target's own count may differ by a tenth",
        related: [{ span: lower, text: "the other boundary" }],
        help: "fine when it is the gateway's own count that matters",
      });
    });
  });
}

/** Where an operand's values are cut, and the first test that cuts them there; values named one by one are meant exactly. */
function boundariesOf({ branches }: CheckedPolicy, operand: number): ReadonlyMap<number, Span> {
  const spans = new Map<number, Span>();
  for (const { condition } of branches) {
    for (const atom of condition === null ? [] : atomsOf(condition)) {
      if (atom.operand !== operand) continue;
      for (const value of cutsIn(atom)) if (!spans.has(value)) spans.set(value, atom.span);
    }
  }
  return spans;
}

function cutsIn(atom: Atom): readonly number[] {
  if (atom.kind === "in") return atom.ranges.flatMap(({ from, to }) => [from, to]);
  if (atom.kind !== "compare" || typeof atom.value !== "number") return [];
  if (atom.op === "<" || atom.op === ">=") return [atom.value];
  return atom.op === "<=" || atom.op === ">" ? [atom.value + 1] : [];
}

/** Branches that let prompts in up to just below a target's context window. */
function nearWindows(
  space: PolicySpace,
  { targets }: Vocabulary,
  counted: readonly boolean[],
): Diagnostic[] {
  const { policy } = space;
  return policy.branches.flatMap(({ condition, action }, branch) => {
    const operands = [...operandsOf(condition)].filter((operand) => counted[operand] === true);
    if (operands.length === 0 || condition === null || action.kind !== "plan") return [];
    const spread = space.share([{ condition, is: "true" }]).spread([branch]);
    const most = Math.min(
      ...operands.map((operand) => {
        const domain = spread.get(operand);
        return domain === undefined ? Number.POSITIVE_INFINITY : hull(domain).high;
      }),
    );
    const near = action.steps.flatMap(({ route }) => {
      const window = route.kind === "target" ? targets.get(route.target)?.contextTokens : null;
      if (window === null || window === undefined || route.kind !== "target") return [];
      return most <= window && most > window * (1 - estimateError) ? [{ ...route, window }] : [];
    });
    const [first] = near;
    if (first === undefined) return [];
    const message = `prompts of up to ${most} tokens come close to the window of \`${first.target}\``;
    return makeDiagnostic("P0431", headOf(policy, branch), message, {
      label: `it holds ${first.window}, and its own count may differ by a tenth`,
      help: "leave a tenth of room, or a fallback with a larger window",
    });
  });
}

/** Selections whose last resort is a window that is compared without any room. */
function bareWindows(policy: CheckedPolicy, counted: readonly boolean[]): Diagnostic[] {
  return policy.branches.flatMap((branch) => {
    const last = lastStep(branch);
    if (last?.route.kind !== "select" || last.route.where === null) return [];
    if (!comparesWindow(last.route.where, counted)) return [];
    return makeDiagnostic(
      "P0431",
      last.span,
      "`context` is compared with an estimate, without room",
      {
        label: "a target's own count may differ by a tenth",
        help: "leave room, as in `context >= tokens + max_tokens + 2k`, or a fallback with a larger window",
      },
    );
  });
}

function lastStep({ action }: Branch) {
  return action.kind === "plan" ? action.steps.at(-1) : undefined;
}

/** Whether a condition compares a target's window with the bare estimate; a constant added to it is room. */
function comparesWindow(condition: TargetCondition, counted: readonly boolean[]): boolean {
  switch (condition.kind) {
    case "not":
      return comparesWindow(condition.of, counted);
    case "and":
    case "or":
      return condition.of.some((part) => comparesWindow(part, counted));
    case "compare": {
      const sides = [...leavesOf(condition.left), ...leavesOf(condition.right)];
      const isWindow = (leaf: TargetExpression): boolean =>
        leaf.kind === "target-fact" && leaf.name === "context";
      const isCount = (leaf: TargetExpression): boolean =>
        leaf.kind === "operand" && counted[leaf.operand] === true;
      const hasRoom = sides.some((leaf) => leaf.kind === "literal");
      return sides.some(isWindow) && sides.some(isCount) && !hasRoom;
    }
    default:
      return false;
  }
}

function leavesOf(expression: TargetExpression): readonly TargetExpression[] {
  return expression.kind === "arithmetic"
    ? [...leavesOf(expression.left), ...leavesOf(expression.right)]
    : [expression];
}
