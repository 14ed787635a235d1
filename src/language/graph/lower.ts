import { invariant } from "../../base/assert.ts";
import type { Operand } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";
import { Budget, OverBudget } from "./budget.ts";
import { ConditionReader } from "./condition-formula.ts";
import { type DecisionGraph, type Edge, type GraphBlock, noOutcome } from "./decision-graph.ts";
import { Diagram, type GuardedEdge } from "./diagram.ts";
import { always, FormulaTable } from "./formula.ts";
import { keepReachable, NodeTable } from "./node-table.ts";
import { type Lowerable, orderOperands } from "./operand-order.ts";

/** Bounds on one lowering, in diagram states: nodes before equal ones are made one. */
export interface LoweringLimits {
  /** What the whole policy may take, and for each branch so much more; each block of rules gets its share. */
  readonly states: number;
  readonly statesPerBranch: number;
  /** What even a single rule may take before it is split at its `and` and `or`. */
  readonly statesOfRule: number;
}

const defaultLimits: LoweringLimits = {
  states: 12_000,
  statesPerBranch: 10,
  statesOfRule: 512,
};

/** Steps over rules and formulas that each diagram state is allowed on average. */
const stepsPerState = 60;

/**
 * Lowers a policy to its decision diagram. Outcomes are exactly those of the ordered branches. A policy whose diagram
 * exceeds the limits becomes a chain of blocks of consecutive branches; inside a rule that alone exceeds its share,
 * a dear operand may be asked although a cheaper part of the same rule would have told.
 */
export function lower(policy: Lowerable, limits: LoweringLimits = defaultLimits): DecisionGraph {
  const order = orderOperands(policy);
  const rules = policy.branches.map(({ condition }, branch) => ({ condition, leadsTo: branch }));
  const [built] = buildChains({ operands: policy.operands, order, lists: [rules] }, limits);
  invariant(built !== undefined, "a list of rules has a diagram");
  const { chain, root } = built;
  const { nodes, move } = keepReachable(chain.nodes, root);
  return {
    operands: policy.operands,
    branchCount: policy.branches.length,
    nodes,
    root: move(root) ?? root,
    order,
    blocks: chain.blocks.flatMap((block) => {
      const moved = move(block.root);
      return moved === undefined ? [] : [{ ...block, root: moved }];
    }),
  };
}

/** A rule of a list that is lowered beside others; where it decides is a number that several rules may share. */
export interface LoweredRule {
  readonly condition: Condition | null;
  readonly leadsTo: number;
}

/**
 * Lowers lists of rules over the same operands into diagrams that share their nodes: edges of two diagrams that are equal
 * lead to the same decisions.
 */
export function lowerTogether(
  operands: readonly Operand[],
  lists: readonly (readonly LoweredRule[])[],
  limits: LoweringLimits = defaultLimits,
): readonly DecisionGraph[] {
  const order = orderOperands({ operands, branches: lists.flat() });
  return buildChains({ operands, order, lists }, limits).map(({ chain, root }, list) => ({
    operands,
    branchCount: lists[list]?.length ?? 0,
    nodes: chain.nodes,
    root,
    order,
    blocks: chain.blocks,
  }));
}

interface Lists {
  readonly operands: readonly Operand[];
  readonly order: readonly number[];
  readonly lists: readonly (readonly LoweredRule[])[];
}

function buildChains(
  { operands, order, lists }: Lists,
  limits: LoweringLimits,
): readonly { readonly chain: BlockChain; readonly root: Edge }[] {
  const rankOf = new Array<number>(order.length).fill(0);
  for (const [rank, operand] of order.entries()) rankOf[operand] = rank;
  const formulas = new FormulaTable();
  const reader = new ConditionReader(formulas, operands, rankOf);
  const parts = { formulas, reader, nodes: new NodeTable(), order };
  return lists.map((list) => {
    const rules = list.map(({ condition, leadsTo }) => ({
      formula: condition === null ? always : reader.whenTrue(condition),
      edge: ~leadsTo,
    }));
    const chain = new BlockChain(parts, limits, rules);
    return { chain, root: chain.build() };
  });
}

/** Splits a list of rules into the fewest halves, quarters, … whose diagrams keep to their share of the limits. */
class BlockChain {
  readonly blocks: GraphBlock[] = [];
  readonly #parts: ConstructorParameters<typeof Diagram>[0];
  readonly #limits: LoweringLimits;
  readonly #rules: readonly GuardedEdge[];

  constructor(
    parts: ConstructorParameters<typeof Diagram>[0],
    limits: LoweringLimits,
    rules: readonly GuardedEdge[],
  ) {
    this.#parts = parts;
    this.#limits = limits;
    this.#rules = rules;
  }

  get nodes() {
    return this.#parts.nodes.nodes;
  }

  build(): Edge {
    return this.#buildRange(0, this.#rules.length, noOutcome);
  }

  /** Decides the rules from `from` up to `to`; what none of them takes goes on to `fallThrough`. */
  #buildRange(from: number, to: number, fallThrough: Edge): Edge {
    const rules = this.#rules.slice(from, to);
    const { states, statesPerBranch, statesOfRule } = this.#limits;
    const share = Math.ceil(
      (states * rules.length) / this.#rules.length + statesPerBranch * rules.length,
    );
    const [first, second] = rules;
    if (first !== undefined && second === undefined) {
      const built = this.#buildRule(first, fallThrough, Math.max(share, statesOfRule));
      this.blocks.unshift({
        firstBranch: from,
        lastBranch: from,
        root: built.edge,
        states: built.states,
      });
      return built.edge;
    }
    const built = this.#try(rules, fallThrough, share);
    if (built !== null) {
      this.blocks.unshift({
        firstBranch: from,
        lastBranch: to - 1,
        root: built.edge,
        states: built.states,
      });
      return built.edge;
    }
    const middle = (from + to) >> 1;
    return this.#buildRange(from, middle, this.#buildRange(middle, to, fallThrough));
  }

  #try(
    rules: readonly GuardedEdge[],
    fallThrough: Edge,
    states: number,
  ): { readonly edge: Edge; readonly states: number } | null {
    const budget = new Budget(states, states * stepsPerState);
    this.#parts.formulas.spend = (steps) => budget.takeSteps(steps);
    const diagram = new Diagram(this.#parts, fallThrough, budget);
    try {
      return { edge: diagram.build(rules), states: diagram.states };
    } catch (error) {
      if (error instanceof OverBudget) return null;
      throw error;
    }
  }

  #buildRule(
    rule: GuardedEdge,
    otherwise: Edge,
    states: number,
  ): { readonly edge: Edge; readonly states: number } {
    const parts = this.#parts.formulas.partsOf(rule.formula);
    const built = this.#try([rule], otherwise, parts === null ? Infinity : states);
    if (built !== null) return built;
    let used = 0;
    let rest = parts?.kind === "and" ? rule.edge : otherwise;
    for (const part of [...(parts?.of ?? [])].reverse()) {
      const next =
        parts?.kind === "and"
          ? this.#buildRule({ formula: part, edge: rest }, otherwise, states)
          : this.#buildRule({ formula: part, edge: rule.edge }, rest, states);
      used += next.states;
      rest = next.edge;
    }
    return { edge: rest, states: used };
  }
}
