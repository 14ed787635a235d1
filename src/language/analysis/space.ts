import type { FactValue } from "../../facts/fact.ts";
import type { Branch, CheckedPolicy } from "../checker/checked-policy.ts";
import type { Vocabulary } from "../checker/vocabulary.ts";
import type { DecisionGraph } from "../graph/decision-graph.ts";
import { lower } from "../graph/lower.ts";
import type { Domain } from "./domain.ts";
import { Executed, withLastResort } from "./executed.ts";
import type { State } from "./product.ts";
import { type Demand, endsOf, meets, Questions } from "./questions.ts";
import type { Request } from "./requests.ts";
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

/** The requests that meet some demands, and who decides them. */
export interface Share {
  /** Branches that may decide one, in order, -1 for none of them; null when that is undecided. A branch left out decides none. */
  readonly branches: readonly number[] | null;
  /** One that this branch decides. */
  find(branch: number): Found;
  /** Of undecided branches: requests that others were seen to decide while one was looked for, by branch. */
  readonly met: readonly Witness[];
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
  /** Whether it is proven that no request meets every demand; null when that is undecided. Cheaper than naming one. */
  excludes(demands: readonly Demand[]): boolean | null;
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
  return new Space(policy, vocabulary, new Work(limits, policy.branches.length));
}

const none: Found = { kind: "none" };
const noBranch = -1;
/** Branches above one that a request is looked for against, before that is given up. */
const mostRounds = 64;

class Space implements PolicySpace {
  readonly policy: CheckedPolicy;
  readonly graph: DecisionGraph;
  readonly #questions: Questions;
  readonly #executed: Executed;
  readonly #branches: readonly Branch[];
  readonly #lastResort: number;

  constructor(policy: CheckedPolicy, vocabulary: Vocabulary, work: Work) {
    this.policy = policy;
    this.#branches = withLastResort(policy);
    this.#lastResort =
      this.#branches.length > policy.branches.length ? policy.branches.length : noBranch;
    const { operands } = policy;
    this.graph = lower({ operands, branches: this.#branches });
    const { order } = this.graph;
    this.#questions = new Questions({ operands, order, graphs: [this.graph] }, vocabulary, work);
    this.#executed = new Executed({ ...policy, branches: this.#branches }, () => this.graph);
  }

  get domains(): readonly Domain[] {
    return this.#questions.requests.domains;
  }

  get stepsTaken(): number {
    return this.#questions.work.taken;
  }

  get isOver(): boolean {
    return this.#questions.work.isOver;
  }

  perBranch(demands: readonly Demand[]): readonly Found[] {
    const share = this.share(demands);
    return this.policy.branches.map((_, branch) => share.find(branch));
  }

  uncovered(): Found {
    return this.#lastResort < 0 ? none : this.share([]).find(noBranch);
  }

  share(demands: readonly Demand[]): Share {
    const region = this.#questions.region(demands, this.#questions.work.ask());
    if (region === null) return this.#shareBySome(demands);
    const ends = new Map<number, State[]>();
    for (const end of endsOf(region)) {
      const branch = this.#toBranch(region[end]?.branches[0] ?? noBranch);
      ends.set(branch, [...(ends.get(branch) ?? []), end]);
    }
    const ways = new Ways(region, this.#questions.requests);
    return {
      branches: [...ends.keys()].sort((a, b) => a - b),
      met: [],
      find: remembered((branch) => this.#find(ways, ends.get(branch) ?? [], { demands, branch })),
      spread: (branches) => ways.spread(branches.flatMap((branch) => ends.get(branch) ?? [])),
    };
  }

  exists(demands: readonly Demand[]): Found {
    const region = this.#questions.bareRegion(demands, this.#questions.work.ask());
    if (region === null) return this.#undecided();
    const ways = new Ways(region, this.#questions.requests);
    return this.#find(ways, endsOf(region), { demands, branch: null });
  }

  excludes(demands: readonly Demand[]): boolean | null {
    const { requests, work } = this.#questions;
    const region = this.#questions.bareRegion(demands, work.ask());
    if (region === null) return null;
    const ends = endsOf(region);
    if (ends.length === 0) return true;
    // Operands that have nothing to do with each other can take any states together.
    if (!region.some(({ operand }) => operand >= 0 && requests.isTied(operand))) return false;
    const accepts = (request: Request): boolean => meets(request, demands);
    const found = new Ways(region, requests).find(ends, accepts, work.ask());
    return found === "gave-up" ? null : found === "none";
  }

  #find(
    ways: Ways,
    ends: readonly State[],
    { demands, branch }: { readonly demands: readonly Demand[]; readonly branch: number | null },
  ): Found {
    if (ends.length === 0) return none;
    let decidedBy = noBranch;
    const accepts = (request: Request): boolean => {
      const executed = this.#executed.branchOf(request.values);
      if (executed === null) return false;
      decidedBy = this.#toBranch(executed);
      return (branch === null || decidedBy === branch) && meets(request, demands);
    };
    const found = ways.find(ends, accepts, this.#questions.work.ask());
    if (found === "none") return none;
    if (found === "gave-up") return this.#undecided();
    return { kind: "found", witness: { ...found, branch: decidedBy } };
  }

  /**
   * A share whose diagram is too large to walk: looks for a request that one branch decides against those branches above it
   * alone that were seen to take one. Few of them do, as a rule.
   */
  #shareBySome(demands: readonly Demand[]): Share {
    const met = new Map<number, Witness>();
    return {
      branches: null,
      get met() {
        return [...met.values()];
      },
      find: remembered((branch) => this.#findAgainstSome(branch, demands, met)),
      spread: () => new Map(),
    };
  }

  #findAgainstSome(branch: number, demands: readonly Demand[], met: Map<number, Witness>): Found {
    const { requests, work } = this.#questions;
    const wanted = branch === noBranch ? this.#lastResort : branch;
    const own = this.#branches[wanted]?.condition ?? null;
    const all: Demand[] = [
      ...demands,
      ...(own === null ? [] : [{ condition: own, is: "true" } as const]),
    ];
    const budget = work.ask();
    for (let round = 0; round < mostRounds; round += 1) {
      const region = this.#questions.bareRegion(all, budget);
      if (region === null) break;
      const accepts = (request: Request): boolean => meets(request, all);
      const request = new Ways(region, requests).find(endsOf(region), accepts, budget);
      if (request === "none") return none;
      const decided = request === "gave-up" ? null : this.#executed.branchOf(request.values);
      if (request === "gave-up" || decided === null) break;
      const witness = { ...request, branch: this.#toBranch(decided) };
      if (decided === wanted) return { kind: "found", witness };
      const condition = this.#branches[decided]?.condition ?? null;
      if (decided > wanted || condition === null) break;
      met.set(decided, witness);
      all.push({ condition, is: "not-true" });
    }
    return this.#undecided();
  }

  #toBranch(executed: number): number {
    return executed === this.#lastResort ? noBranch : executed;
  }

  #undecided(): Found {
    return { kind: "undecided", why: this.#questions.work.why };
  }
}

function remembered(find: (branch: number) => Found): (branch: number) => Found {
  const answers = new Map<number, Found>();
  return (branch) => {
    const known = answers.get(branch) ?? find(branch);
    answers.set(branch, known);
    return known;
  };
}
