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
 * a dear operand may be asked although a cheaper part of the same rule would have told. `order` is that of the tests, as
 * `orderOperands` gives it.
 */
export function lower(
  policy: Lowerable,
  limits: LoweringLimits = defaultLimits,
  order: readonly number[] = orderOperands(policy),
): DecisionGraph {
  const rankOf = new Array<number>(order.length).fill(0);
  for (const [rank, operand] of order.entries()) rankOf[operand] = rank;
  const formulas = new FormulaTable();
  const reader = new ConditionReader(formulas, policy.operands, rankOf);
  const rules = policy.branches.map(({ condition }, branch) => ({
    formula: condition === null ? always : reader.whenTrue(condition),
    edge: ~branch,
  }));
  const chain = new BlockChain({ formulas, reader, nodes: new NodeTable(), order }, limits, rules);
  const root = chain.build();
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
