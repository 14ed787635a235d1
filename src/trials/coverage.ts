import type { Action, CheckedPolicy, Condition } from "../language/checker/checked-policy.ts";
import { atomsOf } from "../language/checker/condition-atoms.ts";
import {
  evaluateCondition,
  joinVerdicts,
  type ReadOperand,
  type Verdict,
} from "../language/interpreter/interpret.ts";
import { type Decided, decideRequest } from "./decide-request.ts";
import type { ReadTrial } from "./run-trials.ts";
import { placeOf, routeText, type Sources, wordsAt } from "./words.ts";

/** One comparison of a condition: how often it was asked, and what it came to. */
export interface TestCoverage {
  readonly text: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly true: number;
  readonly false: number;
  readonly unknown: number;
}

/** One arm of a rule, or an `also`: how many requests took it, and the comparisons of its condition. */
export interface ArmCoverage {
  readonly line: number;
  readonly column: number;
  readonly taken: number;
  readonly tests: readonly TestCoverage[];
}

export interface RuleCoverage {
  readonly rule: string;
  readonly line: number;
  readonly taken: number;
  readonly arms: readonly ArmCoverage[];
}

/** Somewhere a request can end: a target, a selection, a status; and how many did. */
export interface OutcomeCoverage {
  readonly outcome: string;
  readonly reached: number;
}

/**
 * What the requests of trials have touched. Counted are arms that were taken (alsos among them), outcomes that were reached,
 * and of each comparison whether it was true once and false once.
 */
export interface Coverage {
  readonly covered: number;
  readonly total: number;
  readonly rules: readonly RuleCoverage[];
  readonly alsos: readonly (ArmCoverage & { readonly also: string })[];
  /** Comparisons in the `when` of guards. */
  readonly guards: readonly { readonly guard: string; readonly tests: readonly TestCoverage[] }[];
  readonly outcomes: readonly OutcomeCoverage[];
}

/** The share that is covered, in percent, rounded down to a tenth so that 100 means all of it; 100 of nothing. */
export function percentOf({ covered, total }: Pick<Coverage, "covered" | "total">): number {
  return total === 0 ? 100 : Math.floor((covered / total) * 1_000) / 10;
}

/** Measures what trials cover of their policy. `sources` hold the texts that its spans point into. */
export function coverageOf(
  trials: readonly ReadTrial[],
  policy: CheckedPolicy,
  sources: Sources,
): Coverage {
  const asked = new Asked();
  const decisions = trials.map(({ request }) => {
    const decided = decideRequest(policy, request.inputs);
    asked.note(policy, decided, request.inputs.readOperand);
    return decided;
  });
  const arms = policy.branches.map(({ condition, span }, index) => ({
    ...placeOf(span, sources),
    taken: decisions.filter(({ branch }) => branch === index).length,
    tests: asked.testsOf(condition, sources),
  }));
  const rules = policy.rules.map(({ id, line }, rule) => {
    const own = arms.filter((_, index) => policy.branches[index]?.rule === rule);
    return { rule: id, line, taken: own.reduce((sum, { taken }) => sum + taken, 0), arms: own };
  });
  const alsos = policy.alsos.map(({ id, condition, span }) => ({
    also: id,
    ...placeOf(span, sources),
    taken: asked.timesTrue(condition),
    tests: asked.testsOf(condition, sources),
  }));
  const guards = policy.guards.map(({ text, when }) => ({
    guard: text,
    tests: asked.testsOf(when, sources),
  }));
  const outcomes = outcomesOf(policy, decisions);
  return { ...countOf([...arms, ...alsos], guards, outcomes), rules, alsos, guards, outcomes };
}

function countOf(
  arms: readonly ArmCoverage[],
  guards: Coverage["guards"],
  outcomes: Coverage["outcomes"],
): Pick<Coverage, "covered" | "total"> {
  // A comparison of a `let` stands in one place, however many rules use it.
  const tests = new Map(
    [...arms, ...guards].flatMap((each) =>
      each.tests.map((test) => [`${test.file}:${test.line}:${test.column}`, test] as const),
    ),
  );
  const items = [
    ...arms.map(({ taken }) => taken),
    ...outcomes.map(({ reached }) => reached),
    ...[...tests.values()].flatMap((each) => [each.true, each.false]),
  ];
  return { covered: items.filter((count) => count > 0).length, total: items.length };
}

/** What each comparison came to in the requests that asked it. Conditions are told apart by identity. */
class Asked {
  readonly #counts = new Map<Condition, Record<Verdict, number>>();
  /** By `also`, the requests it applied to. */
  readonly #applied = new Map<Condition, number>();

  /** Notes what a request asks: conditions up to the one that decides, and of each only as much as settles it. */
  note(policy: CheckedPolicy, { branch, plan }: Decided, read: ReadOperand): void {
    for (const { condition } of policy.branches.slice(0, branch + 1)) {
      if (condition !== null) this.#ask(condition, read);
    }
    if (plan === null) return;
    for (const { condition } of policy.alsos) {
      if (this.#ask(condition, read) !== "true") continue;
      this.#applied.set(condition, (this.#applied.get(condition) ?? 0) + 1);
    }
    for (const { when } of policy.guards) if (when !== null) this.#ask(when, read);
  }

  #ask(condition: Condition, read: ReadOperand): Verdict {
    switch (condition.kind) {
      case "constant":
        return condition.value ? "true" : "false";
      case "and":
      case "or":
        return joinVerdicts(condition.kind, condition.of, (part) => this.#ask(part, read));
      case "not": {
        const inner = this.#ask(condition.of, read);
        if (inner === "unknown") return inner;
        return inner === "true" ? "false" : "true";
      }
      default: {
        const verdict = evaluateCondition(condition, read);
        this.#count(condition, verdict);
        return verdict;
      }
    }
  }

  #count(condition: Condition, verdict: Verdict): void {
    const counts = this.#counts.get(condition) ?? { true: 0, false: 0, unknown: 0 };
    counts[verdict] += 1;
    this.#counts.set(condition, counts);
  }

  timesTrue(condition: Condition): number {
    return this.#applied.get(condition) ?? 0;
  }

  testsOf(condition: Condition | null, sources: Sources): readonly TestCoverage[] {
    const parts = condition === null ? [] : [...atomsOf(condition)];
    return parts.map((part) => ({
      text: wordsAt(part.span, sources),
      file: part.span.file,
      ...placeOf(part.span, sources),
      ...(this.#counts.get(part) ?? { true: 0, false: 0, unknown: 0 }),
    }));
  }
}

/** Where requests can end: each target named outright, each selection as a whole, what clients name, each status. */
function outcomesOf(
  { branches, alsos }: CheckedPolicy,
  decisions: readonly Decided[],
): readonly OutcomeCoverage[] {
  const reached = new Map<string, number>();
  const shadows = alsos.flatMap(({ options }) => options.shadow ?? []);
  for (const outcome of [
    ...branches.flatMap(({ action }) => possibleOutcomes(action)),
    ...shadows.map(({ target }) => `shadow to ${target}`),
  ]) {
    reached.set(outcome, 0);
  }
  for (const decided of decisions) {
    const action = branches[decided.branch]?.action;
    const ends = action === undefined ? [] : actualOutcomes(action, decided);
    for (const outcome of new Set(ends)) reached.set(outcome, (reached.get(outcome) ?? 0) + 1);
  }
  return [...reached].map(([outcome, count]) => ({ outcome, reached: count }));
}

function possibleOutcomes(action: Action): readonly string[] {
  if (action.kind === "reject") return [`reject ${action.status}`];
  const { shadow } = action.options;
  const copied = shadow === undefined || shadow.parts === 0 ? [] : [`shadow to ${shadow.target}`];
  return [
    ...action.steps.flatMap(({ route }) =>
      route.kind === "split"
        ? route.shares.filter(({ parts }) => parts > 0).map(({ target }) => target)
        : [routeText(route)],
    ),
    ...copied,
  ];
}

function actualOutcomes(action: Action, { plan, status }: Decided): readonly string[] {
  if (action.kind === "reject" || plan === null) return [`reject ${status}`];
  if (status !== null) return [];
  const { shadow } = plan.options;
  return [
    ...plan.steps.flatMap(({ target }, index) => {
      const route = action.steps[index]?.route;
      if (target === null || route === undefined) return [];
      return route.kind === "split" ? [target] : [routeText(route)];
    }),
    ...(shadow === undefined ? [] : [`shadow to ${shadow.target}`]),
  ];
}
