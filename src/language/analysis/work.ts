import { Budget, OverBudget } from "../graph/budget.ts";

/** Bounds on questions about a policy, in steps of work: about a microsecond each. */
export interface SpaceLimits {
  /** For one question. */
  readonly stepsOfQuestion: number;
  /** For all questions of a space together. */
  readonly steps: number;
  /** Asked now and then: whether nobody waits for the answer any more. */
  readonly isCancelled: () => boolean;
}

/** A question about the whole of a long policy goes through each of its branches, and there are such questions for each. */
function limitsFor(branches: number): SpaceLimits {
  return {
    stepsOfQuestion: 10_000 + 20 * branches,
    steps: 1_500_000 + 500 * branches,
    isCancelled: () => false,
  };
}

const stepsBetweenLooks = 2_000;

/** Counts the work of all questions of one space. */
export class Work {
  readonly limits: SpaceLimits;
  #left: number;
  #sinceLook = 0;
  #cancelled = false;

  /** For a policy of so many branches. */
  constructor(limits: Partial<SpaceLimits>, branches: number) {
    this.limits = { ...limitsFor(branches), ...limits };
    this.#left = this.limits.steps;
  }

  /** Whether a new question is worth asking. */
  get isOver(): boolean {
    return this.#cancelled || this.#left <= 0;
  }

  /** Steps taken so far. */
  get taken(): number {
    return this.limits.steps - this.#left;
  }

  /** Why a question that ran out was not decided. */
  get why(): string {
    if (this.#cancelled) return "it was cancelled";
    return this.#left <= 0
      ? "the policy as a whole has too many cases"
      : "it has too many cases to go through";
  }

  /** The budget of one question, of at most so many steps; what it takes is taken from the whole. */
  ask(most = Number.POSITIVE_INFINITY): Budget {
    return new Question(this, Math.min(this.limits.stepsOfQuestion, this.#left, most));
  }

  /** Called by questions. */
  take(steps: number): void {
    this.#left -= steps;
    this.#sinceLook += steps;
    if (this.#sinceLook >= stepsBetweenLooks) {
      this.#sinceLook = 0;
      this.#cancelled ||= this.limits.isCancelled();
    }
    if (this.#cancelled) throw new OverBudget();
  }
}

class Question extends Budget {
  readonly #work: Work;

  constructor(work: Work, steps: number) {
    super(steps, steps);
    this.#work = work;
  }

  override takeSteps(count: number): void {
    this.#work.take(count);
    super.takeSteps(count);
  }
}
