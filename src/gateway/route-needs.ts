import { type Measure, measures } from "../catalog/target-fact.ts";
import type {
  Action,
  Route,
  Strategy,
  TargetCondition,
  TargetExpression,
} from "../language/checker/checked-policy.ts";

export type PlanAction = Extract<Action, { readonly kind: "plan" }>;

/** What an action's choice of targets asks of a request. */
export interface RouteNeeds {
  /** Whether every route names its target, so that nothing is asked at all. */
  readonly fixed: boolean;
  /** Operands that a split or a `where` reads. */
  readonly operands: readonly number[];
  /** Whether a step chooses among targets, and so by the size of the prompt. */
  readonly selects: boolean;
  /** Whether a step leads to the target that the client named. */
  readonly requested: boolean;
  /** What is measured of which targets for the choice. */
  readonly measured: readonly { readonly target: string; readonly measure: Measure }[];
}

const needsByAction = new WeakMap<PlanAction, RouteNeeds>();

/** The needs of an action; worked out once. */
export function needsOf(action: PlanAction): RouteNeeds {
  let needs = needsByAction.get(action);
  if (needs === undefined) {
    needs = workOut(action.steps.map(({ route }) => route));
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

function workOut(routes: readonly Route[]): RouteNeeds {
  const operands = new Set<number>();
  const measured = new Map<string, { readonly target: string; readonly measure: Measure }>();
  const measure = (target: string, each: Measure): void => {
    measured.set(`${target}.${each}`, { target, measure: each });
  };
  for (const route of routes) {
    if (route.kind === "split" && route.by !== null) operands.add(route.by);
    if (route.kind !== "select") continue;
    const asked = new Set<string>();
    if (route.where !== null) addCondition(route.where, operands, asked);
    if (route.intent !== null) operands.add(route.intent);
    const weighed = weighedBy[route.by];
    if (weighed !== undefined) asked.add(weighed);
    for (const each of measures) {
      if (asked.has(each)) for (const name of route.from) measure(name, each);
    }
  }
  return {
    fixed: routes.every(({ kind }) => kind === "target"),
    operands: [...operands],
    selects: routes.some(({ kind }) => kind === "select"),
    requested: routes.some(({ kind }) => kind === "requested"),
    measured: [...measured.values()],
  };
}

function addCondition(
  condition: TargetCondition,
  operands: Set<number>,
  targetFacts: Set<string>,
): void {
  switch (condition.kind) {
    case "constant":
      return;
    case "not":
      addCondition(condition.of, operands, targetFacts);
      return;
    case "and":
    case "or":
      for (const each of condition.of) addCondition(each, operands, targetFacts);
      return;
    case "compare":
      addExpression(condition.left, operands, targetFacts);
      addExpression(condition.right, operands, targetFacts);
      return;
    default:
      addExpression(condition.of, operands, targetFacts);
  }
}

function addExpression(
  expression: TargetExpression,
  operands: Set<number>,
  targetFacts: Set<string>,
): void {
  if (expression.kind === "operand") operands.add(expression.operand);
  if (expression.kind === "target-fact") targetFacts.add(expression.name);
  if (expression.kind === "arithmetic") {
    addExpression(expression.left, operands, targetFacts);
    addExpression(expression.right, operands, targetFacts);
  }
}
