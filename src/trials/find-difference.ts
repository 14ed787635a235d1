import { createRandom } from "../base/random.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { Demand } from "../language/analysis/questions.ts";
import { createSpace, type PolicySpace } from "../language/analysis/space.ts";
import type { CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import { evaluateCondition } from "../language/interpreter/interpret.ts";
import type { ExplainInputs } from "../runtime/plan/explain.ts";
import { type Decided, decideRequest, isSameDecision } from "./decide-request.ts";
import { createExplainedReader } from "./explained-request.ts";
import type { ConditionPlace, Mutant } from "./mutants.ts";
import { NearRequests } from "./near-requests.ts";
import { conditionsOf, drawRequest, type RequestFacts, tellingValues } from "./random-requests.ts";
import { type Overlay, overlaysFor } from "./request-overlays.ts";

/** A request that a policy and its mutant decide differently. */
export interface Telling {
  /** Facts as `explain --request` takes them. */
  readonly request: RequestFacts;
  /** Where the facts alone do not tell: the id of the request, from which its share is drawn. */
  readonly requestId?: string;
  readonly original: Decided;
  readonly mutant: Decided;
}

/** What came of the search for one: "none" is proven where `proved` is true, else nothing was found. */
export type Difference =
  | { readonly kind: "found"; readonly telling: Telling }
  | { readonly kind: "none"; readonly proved: boolean };

/** One question to the space of requests, and whose requests are meant. */
interface Question {
  readonly demands: readonly Demand[];
  readonly branches: (decided: readonly number[]) => readonly number[];
}

const randomRequests = 400;
/** Later branches that a request is sought for, which go another way than the mutant's next one. */
const mostOnward = 24;

/** Finds requests that tell mutants from their policy: by the space of all requests, and where that does not suffice by drawing. */
export class DifferenceFinder {
  readonly #policy: CheckedPolicy;
  readonly #space: PolicySpace;
  readonly #near: NearRequests;
  readonly #read: (facts: RequestFacts) => ExplainInputs;
  readonly #overlays: readonly Overlay[];
  readonly #drawn: readonly {
    readonly facts: RequestFacts;
    readonly inputs: ExplainInputs;
    readonly original: Decided;
  }[];

  constructor(policy: CheckedPolicy, configuration: Configuration) {
    this.#policy = policy;
    this.#space = createSpace(policy, configuration);
    this.#read = createExplainedReader(policy, configuration);
    this.#overlays = overlaysFor(policy, configuration);
    const values = tellingValues(policy.operands, conditionsOf(policy));
    // A space of its own: what the hard questions use up must not be missing here.
    this.#near = new NearRequests(policy, createSpace(policy, configuration));
    const random = createRandom("mutants");
    this.#drawn = Array.from({ length: randomRequests }, () => {
      const facts = { ...drawRequest(values, random), ...random.pick(this.#overlays)?.facts };
      const inputs = this.#read(facts);
      return { facts, inputs, original: decideRequest(policy, inputs) };
    });
  }

  find(mutant: Mutant): Difference {
    const near = this.#nearTelling(mutant);
    if (near !== null) return { kind: "found", telling: near };
    let proved = true;
    for (const { demands, branches } of this.#questionsOf(mutant)) {
      if (this.#space.isOver) {
        proved = false;
        break;
      }
      const share = this.#space.share(demands);
      if (share.branches === null) proved = false;
      for (const branch of branches(share.branches ?? [])) {
        const found = share.find(branch);
        if (found.kind === "none") continue;
        proved = false;
        const telling = found.kind === "found" ? this.#telling(mutant, found.witness.facts) : null;
        if (telling !== null) return { kind: "found", telling };
      }
    }
    if (proved) return { kind: "none", proved };
    const telling = this.#drawnTelling(mutant);
    return telling === null ? { kind: "none", proved } : { kind: "found", telling };
  }

  /** Looks beside requests that the changed branches decide: quick, and enough for most mutants. */
  #nearTelling(mutant: Mutant): Telling | null {
    const { difference } = mutant;
    if (difference.kind === "condition") {
      for (const place of difference.places) {
        const telling = this.#nearCondition(mutant, place);
        if (telling !== null) return telling;
      }
      return null;
    }
    const [branches, others] = branchesOf(difference);
    const conditions = others.flatMap((other) => this.#conditionOf(other) ?? []);
    for (const branch of branches) {
      for (const facts of this.#near.around(branch, conditions)) {
        const telling = this.#telling(mutant, facts);
        if (telling !== null) return telling;
      }
    }
    return null;
  }

  #nearCondition(mutant: Mutant, { branch, before, after }: ConditionPlace): Telling | null {
    if (branch === null) return null;
    for (const facts of this.#near.around(branch, [before, after])) {
      const { readOperand } = this.#read(facts);
      const isTrue = (condition: Condition): boolean =>
        evaluateCondition(condition, readOperand) === "true";
      if (isTrue(before) === isTrue(after)) continue;
      const telling = this.#telling(mutant, facts);
      if (telling !== null) return telling;
    }
    return null;
  }

  #drawnTelling({ policy }: Mutant): Telling | null {
    for (const { facts, inputs, original } of this.#drawn) {
      const mutant = decideRequest(policy, inputs);
      if (!isSameDecision(original, mutant)) return { request: facts, original, mutant };
    }
    return null;
  }

  /** A request with these facts, or with these and some that the rules do not ask for. */
  #telling({ policy }: Mutant, facts: RequestFacts): Telling | null {
    for (const overlay of this.#overlays) {
      const request = { ...facts, ...overlay.facts };
      const read = this.#read(request);
      const { requestId = read.requestId } = overlay;
      const inputs = { ...read, requestId };
      const original = decideRequest(this.#policy, inputs);
      const mutant = decideRequest(policy, inputs);
      if (isSameDecision(original, mutant)) continue;
      return { request, original, mutant, ...(overlay.requestId ? { requestId } : {}) };
    }
    return null;
  }

  *#questionsOf({ difference }: Mutant): Generator<Question> {
    switch (difference.kind) {
      case "action": {
        yield { demands: [], branches: only([difference.branch]) };
        return;
      }
      case "dropped":
        yield { demands: [], branches: only(difference.branches) };
        yield* this.#onward(difference.branches, []);
        return;
      case "order":
        for (const later of difference.second) {
          const condition = this.#conditionOf(later);
          if (condition === null) continue;
          yield { demands: [{ condition, is: "true" }], branches: only(difference.first) };
        }
        return;
      case "condition":
        for (const place of difference.places) {
          if (place.branch === null) yield* besideQuestions(place);
          else yield* this.#branchQuestions(place.branch, place.after);
        }
    }
  }

  /** Requests that a branch no longer takes, and those that it newly takes from later ones. */
  *#branchQuestions(branch: number, after: Condition): Generator<Question> {
    const lost: readonly Demand[] = [{ condition: after, is: "not-true" }];
    yield { demands: lost, branches: only([branch]) };
    yield {
      demands: [{ condition: after, is: "true" }],
      branches: (decided) => decided.filter((other) => other > branch || other < 0),
    };
    yield* this.#onward([branch], lost);
  }

  /** Requests of some branches that a later one would take: the first found may go where the mutant goes too. */
  *#onward(from: readonly number[], demands: readonly Demand[]): Generator<Question> {
    const last = Math.max(...from);
    for (let later = last + 1; later <= last + mostOnward; later += 1) {
      const condition = this.#conditionOf(later);
      if (condition === null) return;
      yield { demands: [...demands, { condition, is: "true" }], branches: only(from) };
    }
  }

  /** Null for a branch that takes whatever comes, and where there is none. */
  #conditionOf(branch: number): Condition | null {
    return this.#policy.branches[branch]?.condition ?? null;
  }
}

/** The branches whose requests a mutant decides otherwise, and those whose conditions have a say in it. */
function branchesOf(
  difference: Exclude<Mutant["difference"], { readonly kind: "condition" }>,
): readonly [readonly number[], readonly number[]] {
  switch (difference.kind) {
    case "action":
      return [[difference.branch], []];
    case "dropped":
      return [difference.branches, []];
    case "order":
      return [difference.first, difference.second];
  }
}

function only(branches: readonly number[]): Question["branches"] {
  return (decided) => branches.filter((branch) => decided.includes(branch));
}

/** Requests for which something beside the rules counts in one of the two only. */
function* besideQuestions({ counts, before, after }: ConditionPlace): Generator<Question> {
  const not = counts === "true" ? "not-true" : "false";
  const branches: Question["branches"] = (decided) => decided;
  yield {
    demands: [
      { condition: before, is: counts },
      { condition: after, is: not },
    ],
    branches,
  };
  yield {
    demands: [
      { condition: before, is: not },
      { condition: after, is: counts },
    ],
    branches,
  };
}
