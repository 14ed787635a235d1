import type { Budget } from "../graph/budget.ts";
import { OverBudget } from "../graph/budget.ts";
import { type Domain, isEmpty, join, narrow } from "./domain.ts";
import type { Region, State } from "./product.ts";
import type { Constraints, Request, Requests } from "./requests.ts";

/** What came of looking for a request that reaches one end: "none" is proven. */
export type Search = Request | "none" | "gave-up";

type Accepts = (request: Request) => boolean;

interface Everywhere {
  readonly ends: ReadonlySet<State>;
  readonly leads: Uint8Array;
  readonly accepts: Accepts;
  readonly budget: Budget;
}

/** Tests on one way, blocks of rules together: the stack has to bear it. */
const deepest = 2_000;

/**
 * Looks for ways from the start of a region to given ends, and for requests that take them. A way may contradict itself:
 * sums hang together with their parts, and behind a block of rules an operand is tested anew.
 */
export class Ways {
  readonly #region: Region;
  readonly #requests: Requests;
  #parents: readonly (readonly State[])[] | null = null;

  constructor(region: Region, requests: Requests) {
    this.#region = region;
    this.#requests = requests;
  }

  /** A request that ends in one of `ends` and that `accepts` confirms; throws OverBudget. */
  find(ends: readonly State[], accepts: Accepts, budget: Budget): Search {
    for (const end of ends) {
      const constraints = this.#firstWay(end);
      const request = constraints === null ? "infeasible" : this.#requests.find(constraints);
      if (typeof request !== "string" && accepts(request)) return request;
    }
    return this.#searchAll(ends, accepts, budget);
  }

  /** The constraints on the shortest way to a state; null when they exclude each other. */
  #firstWay(end: State): Constraints | null {
    const steps: (readonly [state: State, step: number])[] = [];
    for (let at = this.#region[end]?.cameFrom ?? null; at !== null; ) {
      steps.push([at.state, at.step]);
      at = this.#region[at.state]?.cameFrom ?? null;
    }
    let constraints: Map<number, Domain> | null = new Map();
    for (const [state, step] of steps.toReversed()) {
      constraints = constraints === null ? null : this.#follow(constraints, state, step);
    }
    return constraints;
  }

  #follow(constraints: Constraints, state: State, step: number): Map<number, Domain> | null {
    const { operand = 0, steps = [] } = this.#region[state] ?? {};
    const segment = steps[step]?.segment;
    const before = constraints.get(operand) ?? this.#requests.domains[operand];
    if (segment === undefined || before === undefined) return null;
    const narrowed = narrow(before, segment);
    return isEmpty(narrowed) ? null : new Map(constraints).set(operand, narrowed);
  }

  /** Every way to the ends, one after another, as long as the budget lasts. */
  #searchAll(ends: readonly State[], accepts: Accepts, budget: Budget): Search {
    const search = { ends: new Set(ends), leads: this.leadingTo(ends), accepts, budget };
    if (search.leads[0] !== 1) return "none";
    try {
      return this.#searchFrom(0, { constraints: new Map(), depth: 0 }, search);
    } catch (error) {
      if (error instanceof OverBudget) return "gave-up";
      throw error;
    }
  }

  #searchFrom(
    state: State,
    { constraints, depth }: { readonly constraints: Constraints; readonly depth: number },
    search: Everywhere,
  ): Search {
    search.budget.takeSteps(1);
    if (search.ends.has(state)) {
      const request = this.#requests.find(constraints);
      if (request === "infeasible") return "none";
      return request !== "gave-up" && search.accepts(request) ? request : "gave-up";
    }
    if (depth > deepest) return "gave-up";
    const { operand = 0, steps = [] } = this.#region[state] ?? {};
    let result: Search = "none";
    for (const [step, { to }] of steps.entries()) {
      const next = search.leads[to] === 1 ? this.#follow(constraints, state, step) : null;
      if (next === null || this.#contradicts(next, operand)) continue;
      const found = this.#searchFrom(to, { constraints: next, depth: depth + 1 }, search);
      if (typeof found !== "string") return found;
      if (found === "gave-up") result = found;
    }
    return result;
  }

  #contradicts(constraints: Constraints, operand: number): boolean {
    return this.#requests.isLinked(operand) && this.#requests.contradict(constraints);
  }

  /** 1 for each state from which a way leads to one of `ends`. */
  leadingTo(ends: readonly State[]): Uint8Array {
    this.#parents ??= parentsOf(this.#region);
    const leads = new Uint8Array(this.#region.length);
    const open = [...ends];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (leads[state] === 1) continue;
      leads[state] = 1;
      open.push(...(this.#parents[state] ?? []));
    }
    return leads;
  }

  /**
   * For each operand tested on the ways to `ends`: the states in which it can be there, every other operand left open. An
   * operand that some way leaves untested has every state.
   */
  spread(ends: readonly State[]): ReadonlyMap<number, Domain> {
    const leads = this.leadingTo(ends);
    const spread = new Map<number, Domain>();
    for (const [state, { operand, steps }] of this.#region.entries()) {
      if (leads[state] !== 1 || operand < 0) continue;
      for (const { segment, to } of steps) {
        if (leads[to] !== 1) continue;
        const part = narrow(this.#requests.domains[operand] as Domain, segment);
        const before = spread.get(operand);
        spread.set(operand, before === undefined ? part : join(before, part));
      }
    }
    for (const operand of spread.keys()) {
      if (this.#canAvoid(operand, leads, new Set(ends))) {
        spread.set(operand, this.#requests.domains[operand] as Domain);
      }
    }
    return spread;
  }

  #canAvoid(operand: number, leads: Uint8Array, ends: ReadonlySet<State>): boolean {
    const seen = new Uint8Array(this.#region.length);
    const open: State[] = leads[0] === 1 ? [0] : [];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      const at = this.#region[state];
      if (seen[state] === 1 || at === undefined || at.operand === operand) continue;
      if (ends.has(state)) return true;
      seen[state] = 1;
      for (const { to } of at.steps) if (leads[to] === 1) open.push(to);
    }
    return false;
  }
}

function parentsOf(region: Region): readonly (readonly State[])[] {
  const parents: State[][] = region.map(() => []);
  for (const [state, { steps }] of region.entries()) {
    for (const { to } of steps) parents[to]?.push(state);
  }
  return parents;
}
