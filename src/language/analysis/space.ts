import type { FactValue } from "../../facts/fact.ts";
import type { CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import { OverBudget } from "../graph/budget.ts";
import { ConditionReader } from "../graph/condition-formula.ts";
import type { DecisionGraph } from "../graph/decision-graph.ts";
import { type Formula, FormulaTable } from "../graph/formula.ts";
import { lower } from "../graph/lower.ts";
import { evaluateCondition } from "../interpreter/interpret.ts";
import type { Domain } from "./domain.ts";
import { Executed, withLastResort } from "./executed.ts";
import { Product, type Region, type State } from "./product.ts";
import { type Request, Requests } from "./requests.ts";
import { Ways } from "./ways.ts";
import { type SpaceLimits, Work } from "./work.ts";

/** A request as `--request` takes it, decided alike by interpreter and table. */
export interface Witness {
  /** Facts by name, as JSON; null is unknown. What a rule asks for stands first. A text test is told by its own key. */
  readonly facts: Readonly<Record<string, FactValue | null>>;
  /** The branch that decides; -1 for none. */
  readonly branch: number;
  /** By operand of the policy; undefined is unknown. */
  readonly values: readonly (FactValue | undefined)[];
  /** Names of the facts that matter: any other value of the rest is decided alike. */
  readonly decisive: readonly string[];
}

/** "none" is proven: no request can do it. "undecided" says why neither was shown. */
export type Found =
  | { readonly kind: "found"; readonly witness: Witness }
  | { readonly kind: "none" }
  | { readonly kind: "undecided"; readonly why: string };

/** What a condition over the policy's operands has to be for a request. "not-false" takes unknown in. */
export interface Demand {
  readonly condition: Condition;
  readonly is: "true" | "not-true" | "false" | "not-false";
}

/** The requests that meet some demands, and who decides them. */
export interface Share {
  /** Branches that may decide one, in order, -1 for none of them; null when that is undecided. A branch left out decides none. */
  readonly branches: readonly number[] | null;
  /** One that this branch decides. */
  find(branch: number): Found;
  /** By operand: the states it can have where one of these branches decides; what is not tested is left out. */
  spread(branches: readonly number[]): ReadonlyMap<number, Domain>;
}

/** The requests of a policy, and questions about them. */
export interface PolicySpace {
  readonly policy: CheckedPolicy;
  /** The diagram that the answers rest on. */
  readonly graph: DecisionGraph;
  /** By operand: the states that it can have at all. */
  readonly domains: readonly Domain[];
  /** For each branch: whether a request exists that the branch decides and that meets every demand. */
  perBranch(demands: readonly Demand[]): readonly Found[];
  /** Whether a request exists that no branch decides. */
  uncovered(): Found;
  /** The same for some branches only, each answered when it is asked for. */
  share(demands: readonly Demand[]): Share;
  /** Whether any request meets every demand, whoever decides it. */
  exists(demands: readonly Demand[]): Found;
  /** Steps of work taken so far, and whether there are none left. */
  readonly stepsTaken: number;
  readonly isOver: boolean;
}

/**
 * Makes the space of a policy's requests. What sums, clocks and text tests have to do with each other is looked at for each
 * request that is found; text tests of one text count as independent. Answers are exact within the limits, and "undecided"
 * past them.
 */
export function createSpace(
  policy: CheckedPolicy,
  vocabulary: Vocabulary,
  limits: Partial<SpaceLimits> = {},
): PolicySpace {
  return new Space(policy, vocabulary, new Work(limits));
}

const none: Found = { kind: "none" };

class Space implements PolicySpace {
  readonly policy: CheckedPolicy;
  readonly graph: DecisionGraph;
  readonly #requests: Requests;
  readonly #work: Work;
  readonly #formulas = new FormulaTable();
  readonly #reader: ConditionReader;
  readonly #product: Product;
  /** Of no diagram: formulas alone. */
  readonly #bare: Product;
  readonly #executed: Executed;
  readonly #lastResort: number;

  constructor(policy: CheckedPolicy, vocabulary: Vocabulary, work: Work) {
    this.policy = policy;
    this.#work = work;
    const branches = withLastResort(policy);
    this.graph = lower({ operands: policy.operands, branches });
    this.#lastResort = branches.length > policy.branches.length ? policy.branches.length : -1;
    const { order } = this.graph;
    const rankOf = new Array<number>(order.length).fill(0);
    for (const [rank, operand] of order.entries()) rankOf[operand] = rank;
    this.#reader = new ConditionReader(this.#formulas, policy.operands, rankOf);
    this.#requests = new Requests(policy.operands, vocabulary);
    const parts = {
      formulas: this.#formulas,
      reader: this.#reader,
      domains: this.#requests.domains,
      order,
      rankOf,
    };
    this.#product = new Product({ ...parts, graphs: [this.graph] });
    this.#bare = new Product({ ...parts, graphs: [] });
    this.#executed = new Executed({ ...policy, branches }, this.graph);
  }

  get domains(): readonly Domain[] {
    return this.#requests.domains;
  }

  get stepsTaken(): number {
    return this.#work.taken;
  }

  get isOver(): boolean {
    return this.#work.isOver;
  }

  perBranch(demands: readonly Demand[]): readonly Found[] {
    const share = this.share(demands);
    return this.policy.branches.map((_, branch) => share.find(branch));
  }

  uncovered(): Found {
    return this.#lastResort < 0 ? none : this.share([]).find(-1);
  }

  share(demands: readonly Demand[]): Share {
    const region = this.#regionOf(demands, this.#product);
    if (region === null) return this.#undecidedShare();
    const ends = new Map<number, State[]>();
    for (const [state, { operand, branches }] of region.entries()) {
      if (operand >= 0) continue;
      const branch = branches[0] === this.#lastResort ? -1 : (branches[0] ?? -1);
      const known = ends.get(branch);
      if (known === undefined) ends.set(branch, [state]);
      else known.push(state);
    }
    const ways = new Ways(region, this.#requests);
    const found = new Map<number, Found>();
    return {
      branches: [...ends.keys()].sort((a, b) => a - b),
      find: (branch) => {
        const known = found.get(branch);
        if (known !== undefined) return known;
        const answer = this.#find(ways, ends.get(branch) ?? [], { demands, branch });
        found.set(branch, answer);
        return answer;
      },
      spread: (branches) => ways.spread(branches.flatMap((branch) => ends.get(branch) ?? [])),
    };
  }

  exists(demands: readonly Demand[]): Found {
    const region = this.#regionOf(demands, this.#bare);
    if (region === null) return this.#undecided();
    const ends = [...region.keys()].filter((state) => region[state]?.operand === -1);
    return this.#find(new Ways(region, this.#requests), ends, { demands, branch: null });
  }

  /** Null when the budget did not suffice. */
  #regionOf(demands: readonly Demand[], product: Product): Region | null {
    const budget = this.#work.ask();
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

  #find(
    ways: Ways,
    ends: readonly State[],
    { demands, branch }: { readonly demands: readonly Demand[]; readonly branch: number | null },
  ): Found {
    if (ends.length === 0) return none;
    let decidedBy = -1;
    const accepts = (request: Request): boolean => {
      const executed = this.#executed.branchOf(request.values);
      if (executed === null) return false;
      decidedBy = executed === this.#lastResort ? -1 : executed;
      return (branch === null || decidedBy === branch) && meets(request, demands);
    };
    const found = ways.find(ends, accepts, this.#work.ask());
    if (found === "none") return none;
    if (found === "gave-up") return this.#undecided();
    return { kind: "found", witness: { ...found, branch: decidedBy } };
  }

  #undecided(): Found {
    return { kind: "undecided", why: this.#work.why };
  }

  #undecidedShare(): Share {
    const answer = this.#undecided();
    return { branches: null, find: () => answer, spread: () => new Map() };
  }
}

/** Whether a request meets demands, as the interpreter sees them. */
function meets({ values }: Request, demands: readonly Demand[]): boolean {
  return demands.every(({ condition, is }) => {
    const verdict = evaluateCondition(condition, (operand) => values[operand]);
    const wanted = is.replace("not-", "");
    return (verdict === wanted) === (is === wanted);
  });
}
