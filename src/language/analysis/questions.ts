import type { Operand } from "../../facts/fact.ts";
import type { Condition } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { type Budget, OverBudget } from "../graph/budget.ts";
import { ConditionReader } from "../graph/condition-formula.ts";
import type { DecisionGraph } from "../graph/decision-graph.ts";
import { type Formula, FormulaTable } from "../graph/formula.ts";
import { evaluateCondition } from "../interpreter/interpret.ts";
import { Product, type Region, type State } from "./product.ts";
import { type Request, Requests } from "./requests.ts";
import type { Work } from "./work.ts";

/** What a condition over the policy's operands has to be for a request. "not-false" takes unknown in. */
export interface Demand {
  readonly condition: Condition;
  readonly is: "true" | "not-true" | "false" | "not-false";
}

/** Diagrams of policies over the same operands, each tested in this order. */
export interface Diagrams {
  readonly operands: readonly Operand[];
  readonly order: readonly number[];
  readonly graphs: readonly DecisionGraph[];
  /** True leaves out the requests on which the first two decide alike; they share their nodes then. */
  readonly differing?: boolean;
}

/** Turns demands into regions: of the diagrams, or of the demands by themselves. */
export class Questions {
  readonly requests: Requests;
  readonly work: Work;
  readonly #formulas = new FormulaTable();
  readonly #reader: ConditionReader;
  readonly #diagrams: Product;
  readonly #bare: Product;

  constructor(
    { operands, order, graphs, differing = false }: Diagrams,
    vocabulary: Vocabulary,
    work: Work,
  ) {
    this.work = work;
    this.requests = new Requests(operands, vocabulary);
    const rankOf = new Array<number>(order.length).fill(0);
    for (const [rank, operand] of order.entries()) rankOf[operand] = rank;
    this.#reader = new ConditionReader(this.#formulas, operands, rankOf);
    const parts = {
      formulas: this.#formulas,
      reader: this.#reader,
      domains: this.requests.domains,
      order,
      rankOf,
    };
    this.#diagrams = new Product({ ...parts, graphs, differing });
    this.#bare = new Product({ ...parts, graphs: [], differing: false });
  }

  /** The requests that meet the demands, told apart by what the diagrams decide; null when the budget does not suffice. */
  region(demands: readonly Demand[], budget: Budget): Region | null {
    return this.#regionOf(demands, this.#diagrams, budget);
  }

  /** The requests that meet the demands, whatever is decided; null when the budget does not suffice. */
  bareRegion(demands: readonly Demand[], budget: Budget): Region | null {
    return this.#regionOf(demands, this.#bare, budget);
  }

  #regionOf(demands: readonly Demand[], product: Product, budget: Budget): Region | null {
    this.#formulas.spend = (steps) => budget.takeSteps(steps);
    try {
      const formula = this.#formulas.join(
        "and",
        demands.map((demand) => this.#formulaOf(demand)),
      );
      return product.region(formula, budget);
    } catch (error) {
      if (error instanceof OverBudget) return null;
      throw error;
    }
  }

  #formulaOf({ condition, is }: Demand): Formula {
    switch (is) {
      case "true":
        return this.#reader.whenTrue(condition);
      case "false":
        return this.#reader.whenFalse(condition);
      case "not-true":
        return this.#formulas.negate(this.#reader.whenTrue(condition));
      case "not-false":
        return this.#formulas.negate(this.#reader.whenFalse(condition));
    }
  }
}

/** The ends of a region's ways. */
export function endsOf(region: Region): readonly State[] {
  return [...region.keys()].filter((state) => region[state]?.operand === -1);
}

/** Whether a request meets demands, as the interpreter sees them. */
export function meets({ values }: Pick<Request, "values">, demands: readonly Demand[]): boolean {
  return demands.every(({ condition, is }) => {
    const verdict = evaluateCondition(condition, (operand) => values[operand]);
    const wanted = is.replace("not-", "");
    return (verdict === wanted) === (is === wanted);
  });
}
