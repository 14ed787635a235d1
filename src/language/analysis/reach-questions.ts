import type { Condition } from "../checker/checked-policy.ts";
import type { Demand } from "./questions.ts";
import type { Found, Share } from "./space.ts";

const nothingFound: Found = { kind: "none" };

/** The part of a space that plans are judged by. */
export type AskedSpace = {
  share(demands: readonly Demand[]): Pick<Share, "find">;
};

/** Asks a policy's space, and each question once, however many plans it is asked for. */
export class Questions {
  readonly #space: AskedSpace;
  readonly #answers = new Map<string, Pick<Share, "find">>();

  constructor(space: AskedSpace) {
    this.#space = space;
  }

  /** Whether a request exists that the branch decides and that meets every demand. */
  ask(branch: number, demands: readonly Demand[]): Found {
    const open = demands.filter((demand) => !isMet(demand));
    if (open.some(isRefused)) return nothingFound;
    const key = JSON.stringify(open, withoutSpans);
    const known = this.#answers.get(key);
    const answers = known ?? this.#space.share(open);
    if (known === undefined) this.#answers.set(key, answers);
    return answers.find(branch);
  }
}

function withoutSpans(key: string, value: unknown): unknown {
  return key === "span" ? undefined : value;
}

/** A constant settles its demand. */
function isMet({ condition, is }: Demand): boolean {
  return condition.kind === "constant" && condition.value === wantsTrue(is);
}

function isRefused({ condition, is }: Demand): boolean {
  return condition.kind === "constant" && condition.value !== wantsTrue(is);
}

function wantsTrue(is: Demand["is"]): boolean {
  return is === "true" || is === "not-false";
}

/** The demand that a condition is true. */
export function holds(condition: Condition): Demand {
  return { condition, is: "true" };
}
