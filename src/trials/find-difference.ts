import { createRandom } from "../base/random.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { Demand } from "../language/analysis/questions.ts";
import { createSpace, type PolicySpace } from "../language/analysis/space.ts";
import type { CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import type { ExplainInputs } from "../runtime/plan/explain.ts";
import { type Decided, decideRequest, isSameDecision } from "./decide-request.ts";
import { createExplainedReader } from "./explained-request.ts";
import type { ConditionPlace, Mutant } from "./mutants.ts";
import { createRequestSource, type RequestFacts } from "./random-requests.ts";
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
    const draw = createRequestSource(policy);
    const random = createRandom("mutants");
    this.#drawn = Array.from({ length: randomRequests }, () => {
      const facts = { ...draw(random), ...random.pick(this.#overlays)?.facts };
      const inputs = this.#read(facts);
      return { facts, inputs, original: decideRequest(policy, inputs) };
    });
  }

  find(mutant: Mutant): Difference {
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
