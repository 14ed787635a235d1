import { type Picodollars, showMoney } from "../../base/money.ts";
import type { Operand } from "../../facts/fact.ts";
import type { Action, Route } from "../../language/checker/checked-policy.ts";
import { targetConditionWords } from "../../language/interpreter/target-words.ts";

/** So many targets of one list are spelled out before "and 3 more". */
const spelledTargets = 12;

/** An amount of money; one for free is said so. */
export function moneyWords(amount: Picodollars): string {
  return amount === 0 ? "nothing" : showMoney(amount);
}

/** A share of 10,000 parts: `90%`, `0.5%`. */
export function shareWords(parts: number): string {
  return `${parts / 100}%`;
}

/** A route as a policy could write it: `cheapest of [a, b] where context >= tokens`. */
export function routeWords(route: Route, operands: readonly Operand[]): string {
  switch (route.kind) {
    case "target":
      return route.target;
    case "requested":
      return "requested";
    case "split": {
      const shares = route.shares.map(({ parts, target }) => `${shareWords(parts)} ${target}`);
      const by = route.by === null ? "" : ` by ${operands[route.by]?.key ?? ""}`;
      return `split${by}: ${few(shares)}`;
    }
    case "select": {
      const strategy = `${route.by} of [${few(route.from)}]`;
      if (route.where === null) return strategy;
      return `${strategy} where ${targetConditionWords(route.where, operands)}`;
    }
  }
}

/** What an action leads to: its routes in order, or its rejection. */
export function actionWords(action: Action, operands: readonly Operand[]): string {
  if (action.kind === "reject") return `reject ${action.status}`;
  return action.steps.map(({ route }) => routeWords(route, operands)).join(", then ");
}

function few(words: readonly string[]): string {
  const left = words.length - spelledTargets;
  if (left <= 0) return words.join(", ");
  return `${words.slice(0, spelledTargets).join(", ")} and ${left} more`;
}
