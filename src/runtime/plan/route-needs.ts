import { type Measure, measures } from "../../catalog/target-fact.ts";
import type {
  Action,
  CheckedOptions,
  Route,
  Strategy,
  TargetCondition,
  TargetExpression,
} from "../../language/checker/checked-policy.ts";
import { mergeOptions } from "../../language/interpreter/merge-options.ts";
import type { EnforcedGuard } from "../../language/program/program.ts";

export type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/** What stands beside the rule of an action and counts for the request. */
interface Beside {
  readonly alsos: readonly CheckedOptions[];
  readonly guards: readonly EnforcedGuard[];
}

interface Measured {
  readonly target: string;
  readonly measure: Measure;
}

/** What an action's choice of targets asks of a request. */
export interface RouteNeeds {
  /** Whether every route names its target and nothing is held against it, so that nothing is asked at all. */
  readonly fixed: boolean;
  /** Operands that a split, a `where`, a guard or a selection reads. */
  readonly operands: readonly number[];
  /** Whether anything rests on the size of the prompt and of the answer. */
  readonly sizes: boolean;
  /** Whether a ceiling or a guard rests on the size of the prompt, which an estimate could slip past. */
  readonly exactSize: boolean;
  /** Whether a step leads to the target that the client named. */
  readonly requested: boolean;
  /** What is measured of which targets for the choice. */
  readonly measured: readonly Measured[];
  /** Operand whose value a sticky plan stays with its target by; null where no selection is sticky. */
  readonly sticky: number | null;
  /** Targets whose health counts for the choice. */
  readonly healthOf: readonly string[];
}

const needsByAction = new WeakMap<PlanAction, RouteNeeds>();

/** The needs of an action; where nothing stands beside it, they are worked out once. */
export function needsOf(action: PlanAction, beside: Beside): RouteNeeds {
  if (beside.alsos.length + beside.guards.length > 0) {
    return new Collector().needsOf(action, beside);
  }
  let needs = needsByAction.get(action);
  if (needs === undefined) {
    needs = new Collector().needsOf(action, beside);
    needsByAction.set(action, needs);
  }
  return needs;
}

/** What each way to choose weighs among the candidates, of what is measured. */
const weighedBy: Readonly<Partial<Record<Strategy, Measure>>> = {
  any: "queue",
  "least-busy": "queue",
  fastest: "ttft",
};

class Collector {
  readonly #operands = new Set<number>();
  readonly #measured = new Map<string, Measured>();
  readonly #healthOf = new Set<string>();
  /** By what a plan costs, or by the band of a price. */
  #guardsRestOnSize = false;

  needsOf({ steps, options }: PlanAction, { alsos, guards }: Beside): RouteNeeds {
    const routes = steps.map(({ route }) => route);
    for (const route of routes) this.#addRoute(route);
    const named = namedIn(routes, [options, ...alsos]);
    for (const guard of guards) this.#addGuard(guard, named);
    const accepts = [options, ...alsos].flatMap(({ accept }) => accept ?? []);
    for (const condition of accepts) this.#addAccept(condition, named);
    const isBounded = [options, ...alsos].some((each) => {
      return each.cost !== undefined || each.promptTokens !== undefined;
    });
    const counters = [options, ...alsos].flatMap(
      ({ limits = [], budgets = [], concurrency = [] }) => [
        ...[...limits, ...budgets, ...concurrency],
      ],
    );
    const shadowed = [options, ...alsos].flatMap(({ shadow }) => shadow?.by ?? []);
    const keys = [...shadowed, ...counters.flatMap(({ by }) => by ?? [])];
    for (const key of keys) this.#operands.add(key);
    // A route that names its target has nothing to stay with.
    const isChosen = routes.some(({ kind }) => kind === "select");
    const { sticky } = isChosen ? mergeOptions(options, alsos) : {};
    if (sticky !== undefined) this.#operands.add(sticky.by);
    const requested = routes.some(({ kind }) => kind === "requested");
    return {
      fixed:
        routes.every(({ kind }) => kind === "target") &&
        guards.length + accepts.length + keys.length + counters.length === 0 &&
        !isBounded,
      operands: [...this.#operands],
      exactSize: isBounded || this.#guardsRestOnSize,
      sizes: isBounded || guards.length > 0 || routes.some(({ kind }) => kind === "select"),
      requested,
      measured: [...this.#measured.values()],
      healthOf: [...this.#healthOf],
      sticky: sticky?.by ?? null,
    };
  }

  #addRoute(route: Route): void {
    if (route.kind === "split" && route.by !== null) this.#operands.add(route.by);
    if (route.kind !== "select") return;
    for (const target of route.from) this.#healthOf.add(target);
    const asked = new Set<string>();
    if (route.where !== null) this.#addCondition(route.where, asked);
    if (route.intent !== null) this.#operands.add(route.intent);
    const weighed = weighedBy[route.by];
    if (weighed !== undefined) asked.add(weighed);
    this.#measure(route.from, asked);
  }

  #addGuard(guard: EnforcedGuard, named: readonly string[]): void {
    if (guard.kind !== "never") {
      const { requirement } = guard;
      this.#guardsRestOnSize ||= requirement.kind === "bound" && requirement.of === "cost";
      return;
    }
    const asked = new Set<string>();
    this.#addCondition(guard.target, asked);
    this.#guardsRestOnSize ||= asked.has("price.input") || asked.has("price.output");
    this.#measure(named, asked);
    if (asked.has("healthy")) for (const target of named) this.#healthOf.add(target);
  }

  /** What is asked of targets and of the request when an answer is looked at; the answer's own facts are not there yet. */
  #addAccept(condition: TargetCondition, named: readonly string[]): void {
    const asked = new Set<string>();
    this.#addCondition(condition, asked);
    this.#measure(named, asked);
  }

  #measure(targets: readonly string[], asked: ReadonlySet<string>): void {
    for (const measure of measures) {
      if (!asked.has(measure)) continue;
      for (const target of targets) this.#measured.set(`${target}.${measure}`, { target, measure });
    }
  }

  #addCondition(condition: TargetCondition, targetFacts: Set<string>): void {
    switch (condition.kind) {
      case "constant":
        return;
      case "not":
        this.#addCondition(condition.of, targetFacts);
        return;
      case "and":
      case "or":
        for (const each of condition.of) this.#addCondition(each, targetFacts);
        return;
      case "compare":
        this.#addExpression(condition.left, targetFacts);
        this.#addExpression(condition.right, targetFacts);
        return;
      default:
        this.#addExpression(condition.of, targetFacts);
    }
  }

  #addExpression(expression: TargetExpression, targetFacts: Set<string>): void {
    if (expression.kind === "operand" || expression.kind === "max-tokens") {
      this.#operands.add(expression.operand);
    }
    if (expression.kind === "target-fact") targetFacts.add(expression.name);
    if (expression.kind === "arithmetic") {
      this.#addExpression(expression.left, targetFacts);
      this.#addExpression(expression.right, targetFacts);
    }
  }
}

/** Targets that routes and shadows name. */
function namedIn(routes: readonly Route[], options: readonly CheckedOptions[]): readonly string[] {
  const named = routes.flatMap((route): readonly string[] => {
    if (route.kind === "target") return [route.target];
    if (route.kind === "select") return route.from;
    return route.kind === "split" ? route.shares.map(({ target }) => target) : [];
  });
  return [...named, ...options.flatMap(({ shadow }) => (shadow ? [shadow.target] : []))];
}
