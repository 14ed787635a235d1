import type { Operand, OperandShape } from "../../facts/fact.ts";
import type { Branch, CheckedPolicy, Condition } from "../checker/checked-policy.ts";

/** What of a policy is lowered: operands, and the conditions of branches in order. */
export type Lowerable = Pick<CheckedPolicy, "operands"> & {
  readonly branches: readonly Pick<Branch, "condition">[];
};

/** Facts that are at hand by their bounds and dear only when a cut lies between the bounds (LANGUAGE §5). */
const boundedFacts: ReadonlySet<string> = new Set(["tokens"]);

/** Between cost class 1 and 2: after what is at hand, before anything that must be computed whole. */
const boundedRank = 1.5;

interface Tally {
  /** Expected number of rules that one test of the operand rules out. */
  ruledOut: number;
  firstUse: number;
}

/**
 * The order in which operands are tested: cost class first, then what rules out most rules (an equality with many values
 * first), then first use in the source.
 */
export function orderOperands(policy: Lowerable): number[] {
  const variety = countConstants(policy);
  const tallies: Tally[] = policy.operands.map(() => ({ ruledOut: 0, firstUse: Infinity }));
  let uses = 0;
  const weigh = (condition: Condition, weight: number): void => {
    switch (condition.kind) {
      case "constant":
        break;
      case "not":
        weigh(condition.of, weight);
        break;
      case "and":
        for (const part of condition.of) weigh(part, weight);
        break;
      case "or":
        for (const part of condition.of) weigh(part, weight / condition.of.length);
        break;
      default: {
        const tally = tallies[condition.operand];
        if (tally === undefined) break;
        const constants = variety[condition.operand]?.size ?? 1;
        tally.ruledOut += weight * (1 - selectivity(condition, constants));
        tally.firstUse = Math.min(tally.firstUse, uses);
        uses += 1;
      }
    }
  };
  for (const { condition } of policy.branches) if (condition !== null) weigh(condition, 1);
  const key = (operand: number): readonly [number, number, number] => {
    const { ruledOut = 0, firstUse = Infinity } = tallies[operand] ?? {};
    return [rankOfCost(policy.operands[operand]), -ruledOut, firstUse];
  };
  return policy.operands
    .map((_, operand) => ({ operand, key: key(operand) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ operand }) => operand);
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? value;
    if (value !== other) return value - other;
  }
  return 0;
}

function rankOfCost(operand: Operand | undefined): number {
  if (operand === undefined) return 0;
  return restsOnBounds(operand.shape)
    ? Math.max(boundedRank, operand.costClass === 2 ? boundedRank : operand.costClass)
    : operand.costClass;
}

function restsOnBounds(shape: OperandShape): boolean {
  if (shape.kind === "fact") return boundedFacts.has(shape.name);
  return shape.kind === "arithmetic" && (restsOnBounds(shape.left) || restsOnBounds(shape.right));
}

/** The share of an operand's states for which a test can hold, all states taken for equally likely. */
function selectivity(
  condition: Exclude<Condition, { readonly kind: "constant" | "not" | "and" | "or" }>,
  variety: number,
): number {
  switch (condition.kind) {
    case "compare":
      if (condition.op === "=") return 1 / (variety + 1);
      return condition.op === "!=" ? variety / (variety + 1) : 0.5;
    case "in":
      return Math.min(1, (condition.values.length + condition.ranges.length) / (variety + 1));
    default:
      return 0.5;
  }
}

function countConstants(policy: Lowerable): Set<unknown>[] {
  const constants = policy.operands.map(() => new Set<unknown>());
  const visit = (condition: Condition): void => {
    switch (condition.kind) {
      case "and":
      case "or":
        condition.of.forEach(visit);
        break;
      case "not":
        visit(condition.of);
        break;
      case "compare":
        constants[condition.operand]?.add(condition.value);
        break;
      case "in":
        for (const value of condition.values) constants[condition.operand]?.add(value);
        for (const { from, to } of condition.ranges) {
          constants[condition.operand]?.add(from).add(to);
        }
        break;
      default:
        break;
    }
  };
  for (const { condition } of policy.branches) if (condition !== null) visit(condition);
  return constants;
}
