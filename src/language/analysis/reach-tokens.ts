import type { CheckedPolicy, Condition } from "../checker/checked-policy.ts";
import type { Demand } from "./questions.ts";
import { holds, type Questions } from "./reach-questions.ts";

const nowhere = { file: "", start: 0, end: 0 };

/** How large the prompts of a branch's requests can be, as far as the policy's own constants tell. */
export class PromptBounds {
  readonly #operand: number;
  readonly #cuts: readonly number[];
  readonly #questions: Questions;

  constructor(policy: CheckedPolicy, questions: Questions) {
    this.#operand = policy.operands.findIndex(({ key }) => key === "tokens");
    this.#questions = questions;
    const conditions = [
      ...policy.branches.map(({ condition }) => condition),
      ...policy.alsos.map(({ condition }) => condition),
      ...policy.guards.map(({ when }) => when),
    ];
    const constants = conditions.flatMap((each) =>
      each === null ? [] : constantsOf(each, this.#operand),
    );
    const cuts = constants.flatMap((constant) => [Math.ceil(constant) - 1, Math.floor(constant)]);
    this.#cuts = [...new Set(cuts)].filter((cut) => cut >= 0).toSorted((a, b) => a - b);
  }

  /** The largest prompt of a branch's requests that meet the demands; null where the policy does not bound it. */
  largest(branch: number, demands: readonly Demand[]): number | null {
    let [bounds, tooSmall] = [this.#cuts.length, -1];
    while (bounds - tooSmall > 1) {
      const middle = Math.floor((bounds + tooSmall) / 2);
      if (this.#isBound(this.#cuts[middle], branch, demands)) bounds = middle;
      else tooSmall = middle;
    }
    return this.#cuts[bounds] ?? null;
  }

  #isBound(cut: number | undefined, branch: number, demands: readonly Demand[]): boolean {
    if (cut === undefined) return false;
    const isLarger: Condition = {
      kind: "compare",
      operand: this.#operand,
      op: ">",
      value: cut,
      span: nowhere,
    };
    return this.#questions.ask(branch, [...demands, holds(isLarger)]).kind === "none";
  }
}

/** Every number that a condition compares an operand with. */
function constantsOf(condition: Condition, operand: number): readonly number[] {
  switch (condition.kind) {
    case "not":
      return constantsOf(condition.of, operand);
    case "and":
    case "or":
      return condition.of.flatMap((part) => constantsOf(part, operand));
    case "compare":
      return condition.operand === operand ? [Number(condition.value)] : [];
    case "in": {
      if (condition.operand !== operand) return [];
      const ends = condition.ranges.flatMap(({ from, to }) => [from, to]);
      return [...condition.values.map(Number), ...ends];
    }
    default:
      return [];
  }
}
