import type { Configuration } from "../configuration/configuration.ts";
import type { CheckedPolicy, Route } from "../language/checker/checked-policy.ts";
import type { RequestFacts } from "./random-requests.ts";

/** Facts that no rule asks for, and yet a plan may depend on. */
export interface Overlay {
  readonly facts: RequestFacts;
  readonly requestId?: string;
}

const mostModels = 16;
const keysTried = 48;

/** What to try beside the facts that decide: nothing first; then what clients may ask for, targets that are down, sizes, and keys of shares. */
export function overlaysFor(policy: CheckedPolicy, { targets }: Configuration): readonly Overlay[] {
  const routes = policy.branches.flatMap(({ action }) =>
    action.kind === "plan" ? action.steps.map(({ route }) => route) : [],
  );
  const overlays: Overlay[] = [{ facts: {} }];
  if (routes.some(({ kind }) => kind === "requested")) {
    for (const model of [...targets.keys()].slice(0, mostModels)) {
      overlays.push({ facts: { model } });
    }
  }
  for (const target of candidatesOf(routes).slice(0, mostModels)) {
    overlays.push({ facts: { [`${target}.healthy`]: false } });
  }
  if (dependsOnSize(policy, routes)) {
    const read = new Set(policy.operands.map(({ key }) => key));
    for (const [tokens, maxTokens] of [
      ...[
        [1, 1],
        [1_000, 1_000],
        [100_000, 1],
        [100_000, 10_000],
        [1, 100_000],
      ],
    ]) {
      const sizes = { tokens: tokens ?? 0, max_tokens: maxTokens ?? 0 };
      const unread = Object.entries(sizes).filter(([name]) => !read.has(name));
      overlays.push({ facts: Object.fromEntries(unread) });
    }
  }
  return [...overlays, ...keysOfShares(policy, routes)];
}

/** Targets of which one may be chosen in place of another. */
function candidatesOf(routes: readonly Route[]): readonly string[] {
  return [...new Set(routes.flatMap((route) => (route.kind === "select" ? route.from : [])))];
}

/** Whether the size of a prompt or an answer says where requests go, beside the rules. */
function dependsOnSize(
  { guards, alsos, branches }: CheckedPolicy,
  routes: readonly Route[],
): boolean {
  const options = [
    ...alsos.map((also) => also.options),
    ...branches.flatMap(({ action }) => (action.kind === "plan" ? [action.options] : [])),
  ];
  return (
    guards.length > 0 ||
    routes.some(({ kind }) => kind === "select") ||
    options.some(({ cost, promptTokens }) => cost !== undefined || promptTokens !== undefined)
  );
}

/** Keys that fall into different shares of splits: values of the fact that is hashed, or ids of requests. */
function keysOfShares({ operands }: CheckedPolicy, routes: readonly Route[]): readonly Overlay[] {
  const overlays: Overlay[] = [];
  const hashed = new Set(routes.flatMap((route) => (route.kind === "split" ? [route.by] : [])));
  for (const operand of hashed) {
    const shape = operand === null ? null : operands[operand]?.shape;
    for (let key = 1; key <= keysTried; key += 1) {
      if (shape === null) overlays.push({ facts: {}, requestId: `request-${key}` });
      else if (shape?.kind === "fact") overlays.push({ facts: { [shape.name]: `u-${key}` } });
    }
  }
  return overlays;
}
