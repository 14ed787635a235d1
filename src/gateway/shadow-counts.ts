import { dollarsOf, MoneySum, type Picodollars } from "../base/money.ts";
import type { Plan } from "../runtime/plan/plan.ts";

/** Where a policy sends a request first: the rule, and the target, `reject 403`, or `unavailable`. */
export interface FirstChoice {
  readonly rule: string;
  readonly target: string;
}

export const unavailable = "unavailable";
/** What the name of a rejection begins with. */
export const rejected = "reject ";
export const rejection = (status: number): string => `${rejected}${status}`;

/** Where a plan sends its request first. */
export function firstOf({ refusal, steps }: Plan): string {
  if (refusal !== null) return rejection(refusal.status);
  return steps.find(({ target }) => target !== null)?.target ?? unavailable;
}

/** What a candidate's decision on one request came to. */
export type ShadowOutcome = "same" | "different" | "failed" | "left-out";

/** Kinds of difference that are told apart; further ones are counted together. */
const mostTransitions = 200;

/** What two policies made of the same requests. Its size does not grow with their number. */
export class ShadowCounts {
  readonly sinceEpochMs: number;
  readonly #outcomes: Record<ShadowOutcome, number> = {
    ...{ same: 0, different: 0, failed: 0 },
    "left-out": 0,
  };
  readonly #transitions = new Map<string, { from: FirstChoice; to: FirstChoice; count: number }>();
  readonly #delta = new MoneySum();
  #others = 0;
  #priced = 0;
  #unpriced = 0;

  constructor(sinceEpochMs: number) {
    this.sinceEpochMs = sinceEpochMs;
  }

  /** Counts a decision that came to none. */
  missed(outcome: "failed" | "left-out"): void {
    this.#outcomes[outcome] += 1;
  }

  /** Counts a decision. `delta` is what the candidate's choice is expected to cost more; null where that is not known. */
  add(from: FirstChoice, to: FirstChoice, delta: Picodollars | null): "same" | "different" {
    if (delta === null) this.#unpriced += 1;
    else {
      this.#priced += 1;
      this.#delta.add(delta);
    }
    const outcome = from.target === to.target ? "same" : "different";
    this.#outcomes[outcome] += 1;
    if (outcome === "different") this.#addTransition(from, to);
    return outcome;
  }

  #addTransition(from: FirstChoice, to: FirstChoice): void {
    const key = JSON.stringify([from.rule, from.target, to.rule, to.target]);
    const known = this.#transitions.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#transitions.size < mostTransitions)
      this.#transitions.set(key, { from, to, count: 1 });
    else this.#others += 1;
  }

  report(): object {
    return {
      since: new Date(this.sinceEpochMs).toISOString(),
      ...this.decisions(),
      cost: {
        delta: this.#priced === 0 ? null : dollarsOf(this.#delta.total()),
        ...{ priced: this.#priced, unpriced: this.#unpriced },
      },
    };
  }

  /** The same without what it costs. */
  decisions(): object {
    const { same, different, failed, "left-out": leftOut } = this.#outcomes;
    const decided = same + different;
    return {
      ...{ decided, same, different, failed, leftOut },
      differentShare: decided === 0 ? null : different / decided,
      transitions: [...this.#transitions.values()].toSorted((a, b) => b.count - a.count),
      otherTransitions: this.#others,
    };
  }
}
