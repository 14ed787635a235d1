import type { Condition } from "../checker/checked-policy.ts";
import type { Domain } from "./domain.ts";
import type { Demand } from "./questions.ts";
import type { Found, Share } from "./space.ts";

type Answers = Pick<Share, "branches" | "find" | "spread">;

/** The part of a space that plans are judged by. */
export type AskedSpace = {
  share(demands: readonly Demand[]): Answers;
};

/** Asks a policy's space, and each question once, however many plans it is asked for. */
export class PlanQuestions {
  readonly #space: AskedSpace;
  readonly #answers = new Map<string, Answers>();
  readonly #keys = new WeakMap<Condition, string>();

  constructor(space: AskedSpace) {
    this.#space = space;
  }

  /** Whether a request exists that the branch decides and that meets every demand. */
  ask(branch: number, demands: readonly Demand[]): Found {
    return this.#answersTo(demands)?.find(branch) ?? { kind: "none" };
  }

  /** Whether such a request may exist: false is certain, and costs less to learn than a request does. */
  mayExist(branch: number, demands: readonly Demand[]): boolean {
    const answers = this.#answersTo(demands);
    if (answers === null) return false;
    return answers.branches === null || answers.branches.includes(branch);
  }

  /** The states that an operand can have in such requests, or more; null where that is not known. */
  statesOf(operand: number, branch: number, demands: readonly Demand[]): Domain | null {
    return this.#answersTo(demands)?.spread([branch]).get(operand) ?? null;
  }

  /** Null where a constant among the demands can never be met. */
  #answersTo(demands: readonly Demand[]): Answers | null {
    const open = demands.filter((demand) => !isMet(demand));
    if (open.some(({ condition }) => condition.kind === "constant")) return null;
    const key = open.map(({ condition, is }) => `${is} ${this.#keyOf(condition)}`).join("\n");
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answers = this.#space.share(open);
    this.#answers.set(key, answers);
    return answers;
  }

  #keyOf(condition: Condition): string {
    const known = this.#keys.get(condition);
    if (known !== undefined) return known;
    const key = JSON.stringify(condition, (name, value) => (name === "span" ? undefined : value));
    this.#keys.set(condition, key);
    return key;
  }
}

/** A constant settles its demand. */
function isMet({ condition, is }: Demand): boolean {
  const wantsTrue = is === "true" || is === "not-false";
  return condition.kind === "constant" && condition.value === wantsTrue;
}

/** The demand that a condition is true. */
export function holds(condition: Condition): Demand {
  return { condition, is: "true" };
}
