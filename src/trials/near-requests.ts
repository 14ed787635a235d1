import type { Demand } from "../language/analysis/questions.ts";
import type { PolicySpace } from "../language/analysis/space.ts";
import type { CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import { type RequestFacts, tellingValues } from "./random-requests.ts";

/** Requests near one that are looked at before something else is tried. */
const mostNear = 1_500;

/** Requests that a branch decides, and those beside them: most mutants show there. */
export class NearRequests {
  readonly #policy: CheckedPolicy;
  readonly #space: PolicySpace;
  readonly #bases = new Map<number, readonly RequestFacts[]>();

  constructor(policy: CheckedPolicy, space: PolicySpace) {
    this.#policy = policy;
    this.#space = space;
  }

  /** Requests that the branch decides, each for another reason. */
  basesOf(branch: number): readonly RequestFacts[] {
    const known = this.#bases.get(branch);
    if (known !== undefined) return known;
    const bases = [...this.#findBases(branch)];
    this.#bases.set(branch, bases);
    return bases;
  }

  /** Those, and requests that differ from one of them in one or two of the facts that some conditions ask for. */
  *around(branch: number, conditions: readonly Condition[]): Generator<RequestFacts> {
    const bases = this.basesOf(branch);
    yield* bases;
    const changes = [...tellingValues(this.#policy.operands, conditions)].flatMap(
      ([name, values]) => values.map((value): RequestFacts => ({ [name]: value })),
    );
    for (const base of bases) for (const change of changes) yield { ...base, ...change };
    let left = mostNear;
    for (const base of bases) {
      for (const pair of pairsOf(changes)) {
        left -= 1;
        if (left < 0) return;
        yield { ...base, ...pair };
      }
    }
  }

  *#findBases(branch: number): Generator<RequestFacts> {
    for (const demands of reasonsOf(this.#policy.branches[branch]?.condition ?? null)) {
      if (this.#space.isOver) return;
      const found = this.#space.share(demands).find(branch);
      if (found.kind === "found") yield found.witness.facts;
    }
  }
}

function* pairsOf(changes: readonly RequestFacts[]): Generator<RequestFacts> {
  for (const [at, one] of changes.entries()) {
    for (const other of changes.slice(at + 1)) yield { ...one, ...other };
  }
}

const mostReasons = 6;

/** What may make a condition true: each of its alternatives, the others not being so; then whatever does. */
function reasonsOf(condition: Condition | null): readonly (readonly Demand[])[] {
  if (condition?.kind !== "or" || condition.of.length > mostReasons) return [[]];
  const { of } = condition;
  const alone = of.map((part) =>
    of.map((each): Demand => ({ condition: each, is: each === part ? "true" : "not-true" })),
  );
  return [...alone, []];
}
