import type { Span } from "../diagnostics/diagnostic.ts";
import type { Action, CheckedStep, Route } from "../language/checker/checked-policy.ts";
import type { MutationKind } from "./mutate-condition.ts";
import { routeText } from "./words.ts";

export interface ActionChange {
  readonly kind: MutationKind;
  readonly what: string;
  readonly span: Span;
  readonly to: Action;
}

/** Every small change of an action: another target in its place, shares that change places, a fallback left out. */
export function* actionChanges(
  action: Action,
  targets: readonly string[],
): Generator<ActionChange> {
  if (action.kind === "reject") return;
  const { steps } = action;
  for (const [index, step] of steps.entries()) {
    const { route, span } = step;
    const changed = otherRoute(route, steps, targets);
    if (changed !== null) {
      const to = { ...action, steps: steps.with(index, { ...step, route: changed }) };
      const what = `\`${routeText(route)}\` becomes \`${routeText(changed)}\``;
      yield { kind: "target", what, span, to };
    }
    if (index === 0) continue;
    const what = `\`fallback ${routeText(route)}\` is dropped`;
    yield { kind: "fallback", what, span, to: { ...action, steps: steps.toSpliced(index, 1) } };
  }
}

/** A target of the policy that the plan does not have yet; else one that it has. Null where there is no other. */
function otherRoute(
  route: Route,
  steps: readonly CheckedStep[],
  targets: readonly string[],
): Route | null {
  if (route.kind === "split") {
    const { shares } = route;
    const parts = shares.map((share) => share.parts);
    const moved = shares.map((share, at) => ({
      ...share,
      parts: parts[(at + 1) % parts.length] ?? share.parts,
    }));
    if (moved.some((share, at) => share.parts !== parts[at])) return { ...route, shares: moved };
    const turned = shares.map((share, at) => ({
      ...share,
      target: shares[(at + 1) % shares.length]?.target ?? share.target,
    }));
    return shares.length < 2 ? null : { ...route, shares: turned };
  }
  if (route.kind !== "target") return null;
  const used = steps.flatMap((step) => (step.route.kind === "target" ? [step.route.target] : []));
  // Not always the first: a neighbour is what a hand that slips would write.
  const at = targets.indexOf(route.target);
  const others = [...targets.slice(at + 1), ...targets.slice(0, Math.max(at, 0))];
  const target = others.find((name) => !used.includes(name)) ?? others[0];
  return target === undefined ? null : { ...route, target };
}
