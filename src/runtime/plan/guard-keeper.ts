import type { Picodollars } from "../../base/money.ts";
import type { Target } from "../../catalog/target.ts";
import {
  evaluateTargetCondition,
  type TargetQuestion,
} from "../../language/interpreter/target-condition.ts";
import type { EnforcedGuard } from "../../language/program/program.ts";
import type { Dropped } from "./plan.ts";
import { readTarget } from "./read-target.ts";
import type { ResolveInputs } from "./resolve-route.ts";

type Bound = Extract<EnforcedGuard, { readonly kind: "ensure" }>["requirement"] & {
  readonly kind: "bound";
};

/** Keeps the targets that a request's guards forbid out of its plan, and remembers which and why (LANGUAGE §6). */
export class GuardKeeper {
  readonly #guards: readonly EnforcedGuard[];
  readonly #inputs: ResolveInputs;
  readonly #attemptCost: (target: Target) => Picodollars | null;
  readonly #dropped = new Map<string, Dropped>();

  /** `attemptCost` is the most that one attempt at a target can cost; null where nothing bounds it. */
  constructor(
    guards: readonly EnforcedGuard[],
    inputs: ResolveInputs,
    attemptCost: (target: Target) => Picodollars | null,
  ) {
    this.#guards = guards;
    this.#inputs = inputs;
    this.#attemptCost = attemptCost;
  }

  /** Targets kept out so far. */
  get dropped(): readonly Dropped[] {
    return [...this.#dropped.values()];
  }

  /** Whether a plan may lead to a target. What is not known of it counts against it. */
  permits(name: string): boolean {
    return this.#isFree(name, this.#guards);
  }

  /** Whether the prompt may be sent to a target to be placed by meaning; what that costs is in no plan. */
  permitsPrompt(name: string): boolean {
    return this.#isFree(
      name,
      this.#guards.filter(({ kind }) => kind === "never"),
    );
  }

  #isFree(name: string, guards: readonly EnforcedGuard[]): boolean {
    const target = this.#inputs.targets.get(name);
    if (guards.length === 0 || target === undefined) return true;
    const against = guards.find((guard) => !this.#allows(guard, target));
    if (against === undefined) return true;
    this.#dropped.set(name, { target: name, guard: against.text });
    this.#inputs.witness?.forbade(name, against.id);
    return false;
  }

  #allows(guard: EnforcedGuard, target: Target): boolean {
    if (guard.kind === "never") {
      const { readOperand } = this.#inputs;
      const verdict = evaluateTargetCondition(guard.target, readOperand, (question) =>
        this.#isHidden(question, target) ? undefined : readTarget(question, target, this.#inputs),
      );
      return verdict === "false";
    }
    const { requirement } = guard;
    if (requirement.kind !== "bound" || !isCostCeiling(requirement)) return true;
    const cost = this.#attemptCost(target);
    return cost !== null && compare(cost, requirement.op, requirement.value);
  }

  /** A price that depends on the size of the prompt, where nobody can tell that. */
  #isHidden(question: TargetQuestion, { prices }: Target): boolean {
    if ((this.#inputs.kept ?? null) === null || question.kind !== "target-fact") return false;
    if (!question.name.startsWith("price.")) return false;
    return prices.some(({ bands, peak }) => Math.max(bands.length, peak?.bands.length ?? 0) > 1);
  }
}

/** Whether a guard asks what the size of the prompt tells. */
export function restsOnSize(guard: EnforcedGuard): boolean {
  if (guard.kind === "never") return /\bprice\./.test(guard.text);
  return guard.requirement.kind === "bound" && guard.requirement.of === "cost";
}

/** Whether a demand is a ceiling on cost, which a run can hold a plan to: dear targets go, and the rest shares the ceiling. */
export function isCostCeiling({ of, op }: Bound): boolean {
  return of === "cost" && (op === "<" || op === "<=");
}

/** The ceiling on the whole chain that such a demand sets. */
export function ceilingOf({ op, value }: Bound): Picodollars {
  return op === "<" ? value - 1 : value;
}

/** A figure of a plan against what is demanded of it. */
export function compare(figure: number, op: Bound["op"], value: number): boolean {
  switch (op) {
    case "<":
      return figure < value;
    case "<=":
      return figure <= value;
    case ">":
      return figure > value;
    case ">=":
      return figure >= value;
    case "=":
      return figure === value;
    case "!=":
      return figure !== value;
  }
}
