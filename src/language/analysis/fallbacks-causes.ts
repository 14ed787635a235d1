import { type Cause, causes } from "../../protocol/cause.ts";
import type {
  CheckedGuard,
  CheckedOptions,
  CheckedPolicy,
  CheckedStep,
} from "../checker/checked-policy.ts";
import type { PlanAction } from "./reach.ts";

/** How one step of a plan can come about; an entry for each step. */
export interface Arrival {
  /** Causes of failures that can reach the step, in the order of the table of causes; empty for the first. */
  readonly causes: readonly Cause[];
  /** Causes that anything before it can raise at all, whether or not an earlier fallback takes them. */
  readonly raised: ReadonlySet<Cause>;
  /** Attempts made before it at least; infinite where nothing leads there. */
  readonly attemptsBefore: number;
  /** Steps that are tried before it at most, each at a target of its own. */
  readonly stepsBefore: number;
}

/**
 * Which failures lead to each step of a plan: a failure goes on to the next later step that accepts its cause, never back, and
 * one whose target has failed already is passed over.
 */
export function arrivalsOf(
  { steps, options }: PlanAction,
  { alsos, guards }: Pick<CheckedPolicy, "alsos" | "guards">,
): readonly Arrival[] {
  const raisable = causesOf([options, ...alsos.map((also) => also.options)], guards);
  const mayBeEmpty = (from: number): boolean =>
    guards.length > 0 || ["select", "requested"].includes(steps[from]?.route.kind ?? "");
  const arrivals: Arrival[] = [];
  for (const index of steps.keys()) {
    arrivals.push(
      index === 0
        ? { causes: [], raised: new Set(), attemptsBefore: 0, stepsBefore: 0 }
        : arrivalAt(index, { steps, arrivals, raisable, mayBeEmpty }),
    );
  }
  return arrivals;
}

interface Setting {
  readonly steps: readonly CheckedStep[];
  /** Of the steps before. */
  readonly arrivals: readonly Arrival[];
  readonly raisable: ReadonlySet<Cause>;
  /** Whether a step can be left without a target, by its own route or by a guard. */
  readonly mayBeEmpty: (step: number) => boolean;
}

function arrivalAt(index: number, { steps, arrivals, raisable, mayBeEmpty }: Setting): Arrival {
  const step = steps[index];
  const sources = [...arrivals.keys()].filter((from) =>
    Number.isFinite(arrivals[from]?.attemptsBefore),
  );
  const ways = sources.flatMap((from) =>
    [...raisable]
      .filter((cause) => step?.on.includes(cause) && !isTaken(steps, from, index, cause))
      .map((cause) => {
        // Without a target, or without the money, a step fails before it makes an attempt.
        const isFree = cause === "budget_exceeded" || (cause === "unavailable" && mayBeEmpty(from));
        const { attemptsBefore = 0, stepsBefore = 0 } = arrivals[from] ?? {};
        const isNew = !mayHaveFailed(steps, from - 1, steps[from]?.route);
        return {
          cause,
          attempts: attemptsBefore + (isFree ? 0 : 1),
          steps: stepsBefore + (isNew ? 1 : 0),
        };
      }),
  );
  return {
    causes: causes.filter((cause) => ways.some((way) => way.cause === cause)),
    raised: sources.length === 0 ? new Set() : raisable,
    attemptsBefore: Math.min(...ways.map(({ attempts }) => attempts)),
    stepsBefore: Math.max(0, ...ways.map((way) => way.steps)),
  };
}

/** Whether a step between two others takes a failure over, whatever has been tried before. */
function isTaken(steps: readonly CheckedStep[], from: number, to: number, cause: Cause): boolean {
  return steps.some(
    ({ on, route }, index) =>
      index > from && index < to && on.includes(cause) && !mayHaveFailed(steps, from, route),
  );
}

/** A target that an earlier step may have tried already is passed over. */
function mayHaveFailed(
  steps: readonly CheckedStep[],
  from: number,
  route: CheckedStep["route"] | undefined,
): boolean {
  if (route?.kind !== "target") return false;
  return steps
    .slice(0, from + 1)
    .some((step) => step.route.kind === "target" && step.route.target === route.target);
}

/** What can go wrong under these options: any target may fail in any way, but some causes only options bring about. */
function causesOf(
  options: readonly CheckedOptions[],
  guards: readonly CheckedGuard[],
): ReadonlySet<Cause> {
  const all = new Set(causes);
  if (options.every(({ accept }) => accept === undefined)) all.delete("bad_output");
  const hasBudget = options.some(({ budgets, cost }) => (budgets ?? cost) !== undefined);
  if (!hasBudget && !guards.some(boundsCost)) all.delete("budget_exceeded");
  return all;
}

/** A run holds a plan to such a guard as it does to `cost at most`. */
function boundsCost(guard: CheckedGuard): boolean {
  return (
    guard.kind === "ensure" && guard.requirement.kind === "bound" && guard.requirement.of === "cost"
  );
}

/** What brings about a cause that a target does not raise by itself. */
export const broughtAboutBy: Readonly<Partial<Record<Cause, string>>> = {
  bad_output: "`accept when …`",
  budget_exceeded: "`budget …` or `cost at most …`",
};
